import { z } from 'zod'
import { listOfNumbers } from '../request/list-of-numbers.ts'

/** Fields that several tenant routes share. Verbs check what depends on the tenant's own data. */

export const readScope = { kind: 'tenant', scope: 'rag:read' } as const
export const writeScope = { kind: 'tenant', scope: 'rag:write' } as const

export const vectorValues = listOfNumbers({ min: 1, max: 20_000 }, 'As many numbers as the embedding model gives.')

export const sparseValues = z
  .object({ indices: z.array(z.int().min(0)).min(1).max(2_048), values: z.array(z.number()).min(1).max(2_048) })
  .describe('For hybrid search; only an index with the metric `dotproduct` takes them.')

const metadataValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).max(10_000)])

/** Flat, with the types that the store supports. */
export const metadata = z.record(z.string(), metadataValue)

export const filter = z
  .record(z.string(), z.unknown())
  .describe(
    'A filter over metadata in Pinecone’s language: `$eq $ne $gt $gte $lt $lte $in $nin $exists $and $or`; a bare value means `$eq`. It narrows what the caller may see and can never widen it. Only numbers can be compared, so dates are kept as numbers, as in 20260131.',
  )
  .meta({ example: { department: { $in: ['support', 'sales'] }, updated: { $gte: 20250101 } } })

export const recordId = z.string().min(1).max(512)

/** The header that names the embedding model of a request's vectors. */
export const modelHeader = 'x-embedding-model'
