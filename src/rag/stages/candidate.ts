import type { QueryMatch } from '../../stores/store.ts'

/** Every score that a match got on its way; those it has none of are not there. */
export interface Scores {
  /** Similarity of the vectors. */
  readonly dense?: number
  /** Words in common, as BM25 counts them; with related words the share of the question's words, from 0 to 1. */
  readonly sparse?: number
  /** Both together, from 0 to 1: by reciprocal ranks, or with related words by their sum. */
  readonly fused?: number
  readonly rerank?: number
}

/** A record on its way through the stages. */
export interface Candidate {
  readonly found: QueryMatch
  /** The one it stands in its order by. */
  readonly score: number
  readonly scores: Scores
}

/** Null: the record has none, so nothing that compares words can judge it. */
export function textOf({ found }: Pick<Candidate, 'found'>): string | null {
  const text = found.metadata?.text
  return typeof text === 'string' && text.trim() !== '' ? text : null
}
