import { isAppError } from '../../errors.ts'
import type { Reranker } from '../../models/reranker.ts'
import type { CallOptions } from '../../stores/store.ts'
import type { RecordShape } from '../checks/record-shape.ts'
import { type Candidate, textOf } from '../stages/candidate.ts'
import type { Refinement } from './refinement.ts'

export interface Reranked {
  readonly candidates: readonly Candidate[]
  /** The reranker's name; null: it was unavailable, and optional. */
  readonly by: string | null
}

/**
 * The best candidates by the reranker's scores. A record without text cannot be judged: it comes last, with score 0.
 *
 * @throws AppError `rerank_unavailable`, unless reranking is optional.
 */
export async function rerank(
  reranker: Reranker,
  query: string,
  { found, shape }: { readonly found: readonly Candidate[]; readonly shape: RecordShape },
  { candidates: most, optional }: NonNullable<Refinement['rerank']>,
  options: CallOptions,
): Promise<Reranked> {
  const pool = found.slice(0, most).map((candidate) => ({ candidate, text: textOf(candidate, shape) }))
  const judged = pool.flatMap(({ candidate, text }) => (text === null ? [] : [{ candidate, text }]))
  if (judged.length === 0) return { candidates: pool.map(({ candidate }) => scored(candidate, 0)), by: reranker.name }
  let scores: readonly number[]
  try {
    const texts = judged.map(({ text }) => text)
    scores = await reranker.rerank(query, texts, options)
  } catch (error) {
    if (optional && isAppError(error, 'rerank_unavailable')) return { candidates: found, by: null }
    throw error
  }
  const ordered = judged
    .map(({ candidate }, at) => scored(candidate, scores[at] ?? 0))
    .toSorted((left, right) => right.score - left.score)
  const rest = pool.filter(({ text }) => text === null).map(({ candidate }) => scored(candidate, 0))
  return { candidates: [...ordered, ...rest], by: reranker.name }
}

function scored({ found, scores }: Candidate, score: number): Candidate {
  return { found, score, scores: { ...scores, rerank: score } }
}
