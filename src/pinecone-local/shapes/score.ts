import type { LocalSparseVector } from './record.ts'

export type Metric = 'cosine' | 'dotproduct' | 'euclidean'

/** Four partial sums let the engine overlap the additions. */
export function dot(left: Float32Array, leftStart: number, right: Float32Array, length: number): number {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = 0
  for (const end = length - 3; i < end; i += 4) {
    const at = leftStart + i
    a += (left[at] as number) * (right[i] as number)
    b += (left[at + 1] as number) * (right[i + 1] as number)
    c += (left[at + 2] as number) * (right[i + 2] as number)
    d += (left[at + 3] as number) * (right[i + 3] as number)
  }
  for (; i < length; i++) a += (left[leftStart + i] as number) * (right[i] as number)
  return a + b + c + d
}

/** Pinecone's euclidean score is the squared distance (docs: indexing overview); less is closer. */
export function squaredDistance(left: Float32Array, leftStart: number, right: Float32Array, length: number): number {
  let a = 0
  let b = 0
  let i = 0
  for (const end = length - 1; i < end; i += 2) {
    const x = (left[leftStart + i] as number) - (right[i] as number)
    const y = (left[leftStart + i + 1] as number) - (right[i + 1] as number)
    a += x * x
    b += y * y
  }
  if (i < length) {
    const x = (left[leftStart + i] as number) - (right[i] as number)
    a += x * x
  }
  return a + b
}

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
