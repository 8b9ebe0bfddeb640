import { modelsOfFile } from './model-file.ts'
import { Secret } from './secret.ts'
import { type AnswerSettings, type EmbeddingSettings, optional } from './setting-groups.ts'
import type { SettingReader } from './setting-reader.ts'

/** The built-in encoder's only model. */
const localModel = { model: 'use-lite', dimension: 512 }

/** Each model's longest vector; the newer two shorten it by `dimensions`. */
const openAiModels: Readonly<Record<string, { readonly max: number; readonly min: number }>> = {
  'text-embedding-3-small': { min: 1, max: 1536 },
  'text-embedding-3-large': { min: 1, max: 3072 },
  'text-embedding-ada-002': { min: 1536, max: 1536 },
}

/**
 * The embedding models, the plain variables' first, and which of them new tenants get; and the model of answers.
 */
export function modelsOf(read: SettingReader): {
  readonly embedding: EmbeddingSettings
  readonly embeddingModels: readonly EmbeddingSettings[]
  readonly answer: AnswerSettings
  readonly retrieveMode: 'dense' | 'hybrid'
} {
  const provider = read.choice('EMBEDDING_PROVIDER', ['openai', 'local'])
  const answerProvider = read.choice('ANSWER_PROVIDER', ['openai', 'extractive'])
  const key = read.raw('OPENAI_API_KEY')
  const baseUrl = read.url('OPENAI_BASE_URL')
  const metric = read.choice('INDEX_METRIC', ['cosine', 'dotproduct'])
  const file = modelsOfFile(read, metric, localModel)
  const hasAccess = Boolean(key || baseUrl)
  // Where the file has the default model, the plain one may be left out.
  const isPlain = provider === 'local' || hasAccess || file?.standard === undefined
  if (((isPlain && provider === 'openai') || answerProvider === 'openai') && !hasAccess) {
    const remedy = 'set it, or OPENAI_BASE_URL of an endpoint that asks for none, or the providers local and extractive'
    read.fault('OPENAI_API_KEY', 'is missing', remedy)
  }
  const keyHeader = read.choice('OPENAI_KEY_HEADER', ['auto', 'authorization', 'api-key'])
  const access = {
    ...optional('apiKey', key ? new Secret(key) : undefined),
    ...optional('baseUrl', baseUrl),
    keyHeader,
  }
  const named = provider === 'local' ? localEmbedding(read) : openAiEmbedding(read)
  const plain: EmbeddingSettings = {
    name: named.model,
    provider,
    ...named,
    metric,
    ...access,
    encoding: read.choice('EMBEDDING_ENCODING', ['base64', 'float', 'none']),
    maxBatch: read.number('EMBEDDING_BATCH', { min: 1, max: 100_000 }),
  }
  if (isPlain && file?.models.some(({ name }) => name === plain.name)) {
    const how = 'give it another name, or mark a default in the file and leave the plain variables unset'
    read.fault('EMBEDDING_MODELS', `has the name of EMBEDDING_MODEL, ${plain.name}`, how)
  }
  return {
    embedding: file?.standard ?? plain,
    embeddingModels: [...(isPlain ? [plain] : []), ...(file?.models ?? [])],
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
