import type { Predicate } from '../filter/compile-filter.ts'
import type { LocalSparseVector } from '../shapes/record.ts'
import { dot, localSparseQuery, type SparseQuery, sparseDot, squaredDistance } from '../shapes/score.ts'
import type { VectorKind } from '../store/catalog.ts'
import { type HotNamespace, norm } from '../store/hot-namespace.ts'
import { BestRows } from './best-rows.ts'

export interface SearchVector {
  readonly dense: Float32Array | null
  readonly sparse: LocalSparseVector | null
}

export interface LocalMatch {
  readonly row: number
  readonly score: number
}

/**
 * Exact search. Cosine and dot product: higher is better; euclidean: the squared distance, lower is better. A sparse
 * index finds only records that share an index with the query.
 */
export function searchNamespace(
  hot: HotNamespace,
  kind: VectorKind,
  vector: SearchVector,
  topK: number,
  matches: Predicate | null,
): LocalMatch[] {
  const best = new BestRows(topK, hot.ids)
  const sparse = vector.sparse === null ? null : localSparseQuery(vector.sparse)
  if (kind.type === 'sparse') {
    if (sparse !== null) rankSparse(hot, sparse, matches, best)
  } else if (vector.dense !== null) {
    rankDense(hot, kind.metric, vector.dense, sparse, matches, best)
  }
  const sign = kind.type === 'dense' && kind.metric === 'euclidean' ? -1 : 1
  return best.sorted().map(({ row, rank }) => ({ row, score: rank === 0 ? 0 : rank * sign }))
}

function rankDense(
  hot: HotNamespace,
  metric: 'cosine' | 'dotproduct' | 'euclidean',
  query: Float32Array,
  sparse: SparseQuery | null,
  matches: Predicate | null,
  best: BestRows,
): void {
  const { vectors, count } = hot
  if (vectors === null) return
  const { dimension, rowsPerChunk } = vectors
  const queryNorm = norm(query)
  for (let start = 0; start < count; start += rowsPerChunk) {
    const chunk = vectors.chunk(start / rowsPerChunk)
    const end = Math.min(count, start + rowsPerChunk)
    for (let row = start; row < end; row++) {
      if (matches !== null && !matches(hot.metadata(row))) continue
      const at = (row - start) * dimension
      let rank: number
      if (metric === 'euclidean') {
        rank = -squaredDistance(chunk, at, query, dimension)
      } else {
        rank = dot(chunk, at, query, dimension)
        if (metric === 'cosine') {
          const norms = queryNorm * (hot.norms[row] ?? 0)
          rank = norms === 0 ? 0 : rank / norms
        } else if (sparse !== null) {
          const own = hot.sparse[row]
          if (own) rank += sparseDot(sparse, own) ?? 0
        }
      }
      best.offer(row, rank)
    }
  }
}

function rankSparse(hot: HotNamespace, query: SparseQuery, matches: Predicate | null, best: BestRows): void {
  for (let row = 0; row < hot.count; row++) {
    const own = hot.sparse[row]
    if (!own) continue
    const score = sparseDot(query, own)
    if (score === null || (matches !== null && !matches(hot.metadata(row)))) continue
    best.offer(row, score)
  }
}
