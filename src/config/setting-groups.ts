import { type Scope, scopes } from '../auth/principal.ts'
import { readDatabaseUrl } from '../db/database-url.ts'
import { defaultProject, type ProjectSettings, projectsOfFile } from './project-file.ts'
import { Secret } from './secret.ts'
import type { SettingReader } from './setting-reader.ts'
import type { SettingName } from './settings.ts'

export interface PineconeSettings {
  /** The project of the plain variables, then those of the file in order. */
  readonly projects: readonly [ProjectSettings, ...ProjectSettings[]]
  /** Region for tenants that name none. */
  readonly region: string
  readonly indexPrefix: string
  readonly metric: 'cosine' | 'dotproduct'
  readonly poolNamespaceLimit: number
}

interface OpenAiAccess {
  readonly apiKey?: Secret
  readonly baseUrl?: string
  readonly keyHeader: 'auto' | 'authorization' | 'api-key'
}

export interface EmbeddingSettings extends OpenAiAccess {
  readonly provider: 'openai' | 'local'
  readonly model: string
  readonly dimension: number
  readonly encoding: 'base64' | 'float' | 'none'
  /** Texts per request, at most. */
  readonly maxBatch: number
}

export interface AnswerSettings extends OpenAiAccess {
  readonly provider: 'openai' | 'extractive'
  readonly model?: string
  readonly contextTokens: number
}

export interface JwtSettings {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
  readonly tenantClaim: string
  readonly groupsClaim: string
  readonly rolesClaim: string
  readonly defaultScopes: readonly Scope[]
}

/** The built-in encoder's only model. */
const localModel = { model: 'use-lite', dimension: 512 }

/** Each model's longest vector; the newer two shorten it by `dimensions`. */
const openAiModels: Readonly<Record<string, { readonly max: number; readonly min: number }>> = {
  'text-embedding-3-small': { min: 1, max: 1536 },
  'text-embedding-3-large': { min: 1, max: 3072 },
  'text-embedding-ada-002': { min: 1536, max: 1536 },
}

/** Leaves out a property without a value, as `exactOptionalPropertyTypes` demands. */
export function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { readonly [P in K]: V })
}

export function databaseUrlOf(read: SettingReader): Secret {
  const url = read.text('DATABASE_URL')
  if (url !== '') checkDatabaseUrl(read, 'DATABASE_URL', url)
  return new Secret(url)
}

export function listenUrlOf(read: SettingReader): Secret | undefined {
  const url = read.raw('DATABASE_LISTEN_URL')
  if (url === undefined) return undefined
  checkDatabaseUrl(read, 'DATABASE_LISTEN_URL', url)
  return new Secret(url)
}

function checkDatabaseUrl(read: SettingReader, name: SettingName, url: string): void {
  // That it is in quotes is told by the reader.
  const parsed = /^["']/.test(url) ? undefined : readDatabaseUrl(url)
  if (parsed !== undefined && 'wrong' in parsed) read.fault(name, parsed.wrong, parsed.remedy)
}

export function pineconeOf(read: SettingReader): PineconeSettings {
  const indexPrefix = read.text('INDEX_PREFIX')
  if (!/^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/.test(indexPrefix)) {
    const rule = 'use up to 20 lower-case letters, digits and hyphens, with a letter or digit at either end'
    read.fault('INDEX_PREFIX', `is ${JSON.stringify(indexPrefix)}`, rule)
  }
  const first: ProjectSettings = {
    name: defaultProject,
    apiKey: new Secret(read.text('PINECONE_API_KEY')),
    ...optional('controllerHost', read.url('PINECONE_CONTROLLER_HOST')),
    cloud: read.choice('PINECONE_CLOUD', ['aws', 'gcp', 'azure']),
    region: read.text('PINECONE_REGION'),
    regions: [],
    indexLimit: read.number('PROJECT_INDEX_LIMIT', { min: 1, max: 100_000 }),
    holds: ['pool', 'silo'],
  }
  const further = projectsOfFile(read, first)
  return {
    // Alone it serves every region; where regions have projects of their own, just its own.
    projects: further === undefined ? [{ ...first, regions: 'any' }] : [first, ...further],
    region: first.region,
    indexPrefix,
    metric: read.choice('INDEX_METRIC', ['cosine', 'dotproduct']),
    poolNamespaceLimit: read.number('POOL_NAMESPACE_LIMIT', { min: 1, max: 10_000_000 }),
  }
}

export function modelsOf(read: SettingReader): {
  readonly embedding: EmbeddingSettings
  readonly answer: AnswerSettings
  readonly retrieveMode: 'dense' | 'hybrid'
} {
  const provider = read.choice('EMBEDDING_PROVIDER', ['openai', 'local'])
  const answerProvider = read.choice('ANSWER_PROVIDER', ['openai', 'extractive'])
  const key = read.raw('OPENAI_API_KEY')
  const baseUrl = read.url('OPENAI_BASE_URL')
  if ((provider === 'openai' || answerProvider === 'openai') && !key && !baseUrl) {
    const remedy = 'set it, or OPENAI_BASE_URL of an endpoint that asks for none, or the providers local and extractive'
    read.fault('OPENAI_API_KEY', 'is missing', remedy)
  }
  const keyHeader = read.choice('OPENAI_KEY_HEADER', ['auto', 'authorization', 'api-key'])
  const access = {
    ...optional('apiKey', key ? new Secret(key) : undefined),
    ...optional('baseUrl', baseUrl),
    keyHeader,
  }
  const embedding = provider === 'local' ? localEmbedding(read) : openAiEmbedding(read)
  return {
    embedding: {
      provider,
      ...embedding,
      ...access,
      encoding: read.choice('EMBEDDING_ENCODING', ['base64', 'float', 'none']),
      maxBatch: read.number('EMBEDDING_BATCH', { min: 1, max: 100_000 }),
    },
    retrieveMode: read.choice('RETRIEVE_MODE', ['dense', 'hybrid']),
    answer: {
      provider: answerProvider,
      ...optional('model', read.raw('ANSWER_MODEL')),
      contextTokens: read.number('ANSWER_CONTEXT_TOKENS', { min: 100, max: 1_000_000 }),
      ...access,
    },
  }
}

function localEmbedding(read: SettingReader): { model: string; dimension: number } {
  for (const [name, only] of [
    ['EMBEDDING_MODEL', localModel.model],
    ['EMBEDDING_DIMENSION', String(localModel.dimension)],
  ] as const) {
    const given = read.given(name)
    if (given === undefined || given === only) continue
    read.fault(name, `is ${JSON.stringify(given)}`, `EMBEDDING_PROVIDER=local supports only ${only}; leave it unset`)
  }
  return localModel
}

function openAiEmbedding(read: SettingReader): { model: string; dimension: number } {
  const model = read.text('EMBEDDING_MODEL')
  const known = openAiModels[model]
  if (known === undefined && read.given('EMBEDDING_DIMENSION') === undefined) {
    const wrong = `is missing, and the dimension of ${JSON.stringify(model)} is not known here`
    read.fault('EMBEDDING_DIMENSION', wrong, 'set it to the dimension of the model')
  }
  // Pinecone takes dense vectors of up to 20,000 dimensions.
  return { model, dimension: read.number('EMBEDDING_DIMENSION', known ?? { min: 1, max: 20_000 }) }
}

export function jwtOf(read: SettingReader): JwtSettings {
  const tenantClaim = read.text('JWT_TENANT_CLAIM')
  const groupsClaim = read.text('JWT_GROUPS_CLAIM')
  const rolesClaim = read.text('JWT_ROLES_CLAIM')
  if (new Set([tenantClaim, groupsClaim, rolesClaim]).size < 3) {
    read.fault('JWT_TENANT_CLAIM', 'is the same as another claim', 'give each of the three its own')
  }
  const defaultScopes = read.words('JWT_DEFAULT_SCOPES')
  for (const word of defaultScopes.filter((word) => !isScope(word))) {
    read.fault('JWT_DEFAULT_SCOPES', `has ${JSON.stringify(word)} in it`, `use ${scopes.join(' and ')}`)
  }
  read.text('JWT_JWKS_URL')
  return {
    issuer: read.text('JWT_ISSUER'),
    audience: read.text('JWT_AUDIENCE'),
    jwksUrl: read.url('JWT_JWKS_URL') ?? '',
    tenantClaim,
    groupsClaim,
    rolesClaim,
    defaultScopes: defaultScopes.filter(isScope),
  }
}

function isScope(word: string): word is Scope {
  return scopes.some((scope) => scope === word)
}
