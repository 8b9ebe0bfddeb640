import type { PineconeRecord, QueryOptions, ScoredPineconeRecord, UpdateOptions } from '@pinecone-database/pinecone'
import { AppError } from '../errors.ts'
import type { QueryInput, QueryMatch, RecordChange, SparseValues, VectorRecord } from './store.ts'

const topKMax = 10_000

/** @throws AppError `invalid_request` when topK is out of the store's range. */
export function queryOptions({
  vector,
  sparseVector,
  topK,
  filter,
  includeValues,
  includeMetadata,
}: QueryInput): QueryOptions {
  if (!Number.isInteger(topK) || topK < 1 || topK > topKMax) {
    throw new AppError('invalid_request', `topK must be a whole number from 1 to ${topKMax}.`)
  }
  const options = {
    topK,
    ...(vector ? { vector } : {}),
    ...(sparseVector ? { sparseVector } : {}),
    ...(filter && Object.keys(filter).length > 0 ? { filter } : {}),
    ...(includeValues ? { includeValues } : {}),
    ...(includeMetadata ? { includeMetadata } : {}),
  }
  // The SDK's types want mutable arrays and a dense vector; it changes none, and the store takes a sparse one alone.
  return options as unknown as QueryOptions
}

export function toSdkRecord({ id, values, sparseValues, metadata }: VectorRecord): PineconeRecord {
  const record = {
    id,
    ...(values.length > 0 || !sparseValues ? { values } : {}),
    ...(sparseValues ? { sparseValues } : {}),
    ...(metadata ? { metadata } : {}),
  }
  return record as PineconeRecord
}

export function toSdkChange({ id, values, sparseValues, setMetadata }: RecordChange): UpdateOptions {
  const change = {
    id,
    ...(values ? { values } : {}),
    ...(sparseValues ? { sparseValues } : {}),
    ...(setMetadata ? { metadata: setMetadata } : {}),
  }
  return change as UpdateOptions
}

export function toRecord({ id, values, sparseValues, metadata }: PineconeRecord): VectorRecord {
  return { id, values: values ?? [], ...sparsePart(sparseValues), ...(metadata ? { metadata } : {}) }
}

export function toMatch({ id, score, values, sparseValues, metadata }: ScoredPineconeRecord): QueryMatch {
  return {
    id,
    score: score ?? 0,
    ...(values && values.length > 0 ? { values } : {}),
    ...sparsePart(sparseValues),
    ...(metadata ? { metadata } : {}),
  }
}

function sparsePart(sparseValues: SparseValues | undefined): { readonly sparseValues?: SparseValues } {
  return sparseValues && sparseValues.indices.length > 0 ? { sparseValues } : {}
}
