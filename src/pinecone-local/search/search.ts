import type { Predicate } from '../filter/compile-filter.ts'
import type { LocalSparseVector } from '../shapes/record.ts'
import { localSparseQuery, type SparseQuery, sparseDot } from '../shapes/score.ts'
import type { VectorKind } from '../store/catalog.ts'
import { type HotNamespace, norm } from '../store/hot-namespace.ts'
import { BestRows } from './best-rows.ts'
import { rowScorer } from './row-scorer.ts'

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
  const { rowsPerChunk } = vectors
  const score = rowScorer(metric, query)
  const queryNorm = norm(query)
  for (let start = 0; start < count; start += rowsPerChunk) {
    const rows = Math.min(rowsPerChunk, count - start)
    const scores = score(vectors.chunk(start / rowsPerChunk), rows)
    for (let i = 0; i < rows; i++) {
      const row = start + i
      let rank = scores[i] as number
      if (metric === 'euclidean') {
        rank = -rank
      } else if (metric === 'cosine') {
        const norms = queryNorm * (hot.norms[row] ?? 0)
        rank = norms === 0 ? 0 : rank / norms
      } else if (sparse !== null) {
        const own = hot.sparse[row]
        if (own) rank += sparseDot(sparse, own) ?? 0
      }
      if (rank >= best.floor && passes(hot, row, matches)) best.offer(row, rank)
    }
  }
}

function rankSparse(hot: HotNamespace, query: SparseQuery, matches: Predicate | null, best: BestRows): void {
  for (let row = 0; row < hot.count; row++) {
    const own = hot.sparse[row]
    if (!own) continue
    const score = sparseDot(query, own)
    if (score !== null && score >= best.floor && passes(hot, row, matches)) best.offer(row, score)
  }
}

/** The filter is asked last: it costs more than a score, and most rows are below the floor. */
function passes(hot: HotNamespace, row: number, matches: Predicate | null): boolean {
  return matches === null || matches(hot.metadata(row))
}
