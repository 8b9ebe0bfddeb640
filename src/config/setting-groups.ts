import { type Scope, scopes } from '../auth/principal.ts'
import type { TokenVerifierOptions } from '../auth/token-verifier.ts'
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
  readonly poolNamespaceLimit: number
}

interface OpenAiAccess {
  readonly apiKey?: Secret
  readonly baseUrl?: string
  readonly keyHeader: 'auto' | 'authorization' | 'api-key'
}

export interface EmbeddingSettings extends OpenAiAccess {
  /** The name that indexes carry. */
  readonly name: string
  readonly provider: 'openai' | 'local'
  /** The provider's own name of it. */
  readonly model: string
  readonly dimension: number
  /** How new indexes for it compare vectors. */
  readonly metric: 'cosine' | 'dotproduct'
  /** Tokens of a text, at most, where the provider's adapter does not know. */
  readonly maxTokens?: number
  /** US dollars for a million tokens. */
  readonly price?: number
  /** The regions whose tenants may use it; undefined: any. */
  readonly regions?: readonly string[]
  /** The day on which the provider ends it, as its operator knows; ISO 8601. */
  readonly endsOn?: string
  readonly encoding: 'base64' | 'float' | 'none'
  /** Texts per request, at most. */
  readonly maxBatch: number
}

export interface AnswerSettings extends OpenAiAccess {
  readonly provider: 'openai' | 'extractive'
  readonly model?: string
  readonly contextTokens: number
}

export type JwtSettings = Pick<
  TokenVerifierOptions,
  'issuer' | 'audience' | 'jwksUrl' | 'tenantClaim' | 'groupsClaim' | 'rolesClaim' | 'defaultScopes'
>

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
  // The reader reports quotes around it.
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
    poolNamespaceLimit: read.number('POOL_NAMESPACE_LIMIT', { min: 1, max: 10_000_000 }),
  }
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
