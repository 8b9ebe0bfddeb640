import { z } from 'zod'
import { filter, metadata, sparseValues, vectorValues } from '../public/fields.ts'

/** Shapes of the vendor's dialect for the OpenAPI document; requests are read by `src/pinecone-wire`. */

const namespace = z
  .string()
  .optional()
  .describe(
    'Empty, `__default__`, the tenant’s id, or the name that the namespace had when the tenant was adopted; anything else is 403.',
  )
const id = z.string().min(1).max(512)
const token = z.string().describe('`pagination.next` of the page before.')

export const fetchQuery = z.object({ ids: z.array(id).min(1).max(1_000), namespace })
export const listQuery = z.object({
  prefix: z.string().optional(),
  limit: z.int().min(1).max(100).optional(),
  paginationToken: token.optional(),
  namespace,
})
export const namespacesQuery = listQuery.omit({ namespace: true })

const usage = z.object({ readUnits: z.number() })
const pagination = z.object({ next: z.string() }).optional()

const vector = z
  .object({ id, values: vectorValues, sparseValues: sparseValues.optional(), metadata: metadata.optional() })
  .meta({ id: 'PineconeVector' })

export const queryBody = z
  .object({
    namespace,
    vector: vectorValues.optional(),
    id: id.optional().describe('A stored record to search the neighbours of, instead of `vector`.'),
    sparseVector: sparseValues.optional(),
    topK: z.int().min(1).max(10_000).describe('Up to 10,000; up to 1,000 with values or metadata.'),
    filter: filter.optional(),
    includeValues: z.boolean().optional(),
    includeMetadata: z.boolean().optional(),
  })
  .meta({ id: 'PineconeQuery', example: { vector: [0.1, 0.2, 0.3], topK: 10, includeMetadata: true } })

export const queryAnswer = z
  .object({
    matches: z.array(vector.partial({ values: true }).extend({ score: z.number() })),
    namespace: z.string(),
    usage,
  })
  .meta({ id: 'PineconeMatches' })

export const upsertBody = z
  .object({ namespace, vectors: z.array(vector).min(1).max(1_000) })
  .meta({ id: 'PineconeUpsert', example: { vectors: [{ id: 'ticket-17', values: [0.1, 0.2, 0.3] }] } })
export const upsertAnswer = z.object({ upsertedCount: z.int() }).meta({ id: 'PineconeUpserted' })

export const updateBody = z
  .object({
    namespace,
    id: id.optional(),
    values: vectorValues.optional(),
    sparseValues: sparseValues.optional(),
    setMetadata: metadata.optional(),
    filter: filter.optional().describe('Instead of `id`: the records whose metadata is set.'),
    dryRun: z.boolean().optional().describe('With `filter`: only count what matches.'),
  })
  .meta({ id: 'PineconeUpdate', example: { id: 'ticket-17', setMetadata: { solved: true } } })
export const updateAnswer = z.object({ matchedRecords: z.int().optional() }).meta({ id: 'PineconeUpdated' })

export const deleteBody = z
  .object({
    namespace,
    ids: z.array(id).min(1).max(1_000).optional(),
    filter: filter.optional(),
    deleteAll: z.boolean().optional(),
  })
  .meta({ id: 'PineconeDelete', example: { ids: ['ticket-17'] } })
export const nothing = z.object({})

export const fetchAnswer = z
  .object({ vectors: z.record(z.string(), vector), namespace: z.string(), usage, pagination })
  .meta({ id: 'PineconeFetched' })
export const fetchByMetadataBody = z
  .object({
    namespace,
    filter,
    limit: z.int().min(1).max(10_000).optional(),
    paginationToken: token.optional(),
  })
  .meta({ id: 'PineconeFetchByMetadata', example: { filter: { solved: true } } })
export const listAnswer = z
  .object({ vectors: z.array(z.object({ id })), namespace: z.string(), usage, pagination })
  .meta({ id: 'PineconeListed' })

export const statsBody = z.object({}).meta({ id: 'PineconeStatsRequest' })
export const statsAnswer = z
  .object({
    namespaces: z.record(z.string(), z.object({ vectorCount: z.int() })),
    dimension: z.int(),
    indexFullness: z.number(),
    totalVectorCount: z.int(),
  })
  .loose()
  .meta({ id: 'PineconeStats' })

const count = z.union([z.int(), z.string()]).describe('A decimal string since 2026-07.')
export const namespaceAnswer = z
  .object({ name: z.string(), record_count: count })
  .loose()
  .meta({ id: 'PineconeNamespace' })
export const namespacesAnswer = z
  .object({ namespaces: z.array(namespaceAnswer), total_count: z.int().optional() })
  .meta({ id: 'PineconeNamespaces' })
export const indexAnswer = z.object({ name: z.string(), host: z.string() }).loose().meta({ id: 'PineconeIndex' })
export const indexesAnswer = z.object({ indexes: z.array(indexAnswer) }).meta({ id: 'PineconeIndexes' })
