import { textIn } from '../../stores/record-text.ts'
import type { QueryMatch } from '../../stores/store.ts'
import type { RecordShape } from '../checks/record-shape.ts'

/** The scores that a match got in the stages; absent ones were not computed. */
export interface Scores {
  /** Similarity of the vectors. */
  readonly dense?: number
  /** Common words by BM25; with related words the share of the question's words, from 0 to 1. */
  readonly sparse?: number
  /** Both combined, from 0 to 1: by reciprocal ranks, or with related words by their sum. */
  readonly fused?: number
  readonly rerank?: number
}

/** A record on its way through the stages. */
export interface Candidate {
  readonly found: QueryMatch
  /** The score that decides its rank. */
  readonly score: number
  readonly scores: Scores
}

/** Null for a record without text, which nothing that compares words can judge. */
export function textOf({ found }: Pick<Candidate, 'found'>, shape: Pick<RecordShape, 'fields'>): string | null {
  const text = textIn(found.metadata, shape)
  return text !== null && text.trim() !== '' ? text : null
}
