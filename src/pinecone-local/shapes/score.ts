import type { LocalSparseVector } from './record.ts'

/** Pinecone's euclidean score is the squared distance (docs: indexing overview); less is closer. */
export type Metric = 'cosine' | 'dotproduct' | 'euclidean'

export type SparseQuery = ReadonlyMap<number, number>

export function localSparseQuery(vector: LocalSparseVector): SparseQuery {
  return new Map(Array.from(vector.indices, (index, i) => [index, vector.values[i] ?? 0]))
}

/** @returns null where the two share no index. */
export function sparseDot(query: SparseQuery, vector: LocalSparseVector): number | null {
  let sum = 0
  let shared = false
  for (let i = 0; i < vector.indices.length; i++) {
    const weight = query.get(vector.indices[i] as number)
    if (weight === undefined) continue
    shared = true
    sum += weight * (vector.values[i] as number)
  }
  return shared ? sum : null
}
