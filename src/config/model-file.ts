import { z } from 'zod'
import { noModel } from '../placement/placement.ts'
import { entriesIn, plainUrl, variableName } from './file-entries.ts'
import { jsonFileOf } from './json-file.ts'
import { Secret } from './secret.ts'
import type { EmbeddingSettings } from './setting-groups.ts'
import type { SettingReader } from './setting-reader.ts'

const wholeNumber = (max: number) =>
  z.int('must be a whole number').min(1, 'must be at least 1').max(max, `must be at most ${max}`)

const entry = z.strictObject({
  name: z
    .string('must be text')
    .regex(/^[\x21-\x7e]{1,100}$/, 'must be up to 100 printable characters without spaces')
    .refine((name) => name !== noModel, `must not be ${noModel}, which says that an index has no model`),
  provider: z.enum(['openai', 'local'], 'must be openai or local'),
  model: z.string('must be text').min(1, 'must not be empty').max(200, 'must be up to 200 characters').optional(),
  baseUrl: plainUrl.optional(),
  apiKeyVariable: variableName.optional(),
  keyHeader: z.enum(['auto', 'authorization', 'api-key'], 'must be auto, authorization or api-key').optional(),
  // Pinecone takes dense vectors of up to 20,000 dimensions.
  dimension: wholeNumber(20_000),
  metric: z.enum(['cosine', 'dotproduct'], 'must be cosine or dotproduct').optional(),
  maxTokens: wholeNumber(1_000_000).optional(),
  batch: wholeNumber(100_000).optional(),
  encoding: z.enum(['base64', 'float', 'none'], 'must be base64, float or none').optional(),
  price: z.number('must be a number').min(0, 'must not be negative').optional(),
  regions: z
    .array(
      z.string('must be text').regex(/^[a-z0-9-]{1,40}$/, 'must be a region of the cloud, as in eu-west-1'),
      'must be a list of regions',
    )
    .min(1, 'must name a region; leave it out where any may use it')
    .optional(),
  ends: z.iso.date('must be a date, as in 2027-04-15').optional(),
  default: z.boolean('must be true or false').optional(),
})

type Entry = z.infer<typeof entry>

export interface ModelFile {
  readonly models: readonly EmbeddingSettings[]
  /** The model of new tenants, where an entry says so. */
  readonly standard: EmbeddingSettings | undefined
}

const remedy = 'set the path of a JSON file with a list of embedding models, as in the README'

/**
 * The embedding models in the file of `EMBEDDING_MODELS`, in order; undefined when it is not set. The reader collects
 * every fault of the file with its entry and field, and no value that could be a key.
 */
export function modelsOfFile(
  read: SettingReader,
  metric: EmbeddingSettings['metric'],
  localModel: { readonly model: string; readonly dimension: number },
): ModelFile | undefined {
  const file = jsonFileOf(read, 'EMBEDDING_MODELS', remedy)
  if (file === undefined) return undefined
  const models: EmbeddingSettings[] = []
  const defaults: EmbeddingSettings[] = []
  const names = new Set<string>()
  const fault = (wrong: string, how: string) => read.fault('EMBEDDING_MODELS', wrong, how)
  const nameOf = (candidate: unknown) => entry.shape.name.safeParse(Object(candidate).name).data
  for (const { where, candidate, data } of entriesIn(read, 'EMBEDDING_MODELS', file, { entry, remedy, nameOf })) {
    const name = nameOf(candidate)
    if (name !== undefined && names.has(name)) fault(`has in ${where} a name that is taken`, 'give each its own')
    if (name !== undefined) names.add(name)
    if (data === undefined) continue
    const { apiKeyVariable, provider } = data
    const key = apiKeyVariable === undefined ? undefined : read.variable(apiKeyVariable)
    if (apiKeyVariable !== undefined && key === undefined) {
      fault(`names ${apiKeyVariable} in ${where}, which is not set`, 'set it to the key of the endpoint')
    }
    if (provider === 'openai' && apiKeyVariable === undefined && data.baseUrl === undefined) {
      fault(`has in ${where} neither apiKeyVariable nor baseUrl`, 'OpenAI itself needs a key; give one of them')
    }
    const { model, dimension } = localModel
    if (provider === 'local' && ((data.model ?? model) !== model || data.dimension !== dimension)) {
      fault(`has in ${where} a local model that there is not`, `it is ${model}, with the dimension ${dimension}`)
    }
    const settings = settingsOf(data, key, metric, localModel.model)
    models.push(settings)
    if (data.default === true) defaults.push(settings)
  }
  if (defaults.length > 1) fault('has several defaults', 'mark one model as the default of new tenants')
  return { models, standard: defaults[0] }
}

function settingsOf(
  parsed: Entry,
  key: string | undefined,
  metric: EmbeddingSettings['metric'],
  localModel: string,
): EmbeddingSettings {
  const { name, provider, dimension, baseUrl, maxTokens, price, regions, ends } = parsed
  return {
    name,
    provider,
    model: parsed.model ?? (provider === 'local' ? localModel : name),
    dimension,
    metric: parsed.metric ?? metric,
    encoding: parsed.encoding ?? 'base64',
    maxBatch: parsed.batch ?? 2_048,
    keyHeader: parsed.keyHeader ?? 'auto',
    ...(baseUrl !== undefined && { baseUrl }),
    ...(key !== undefined && { apiKey: new Secret(key) }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(price !== undefined && { price }),
    ...(regions !== undefined && { regions }),
    ...(ends !== undefined && { endsOn: ends }),
  }
}
