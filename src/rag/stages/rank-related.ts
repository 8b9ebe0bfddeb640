import { relatedScores } from '../../lexical/related.ts'
import type { WordVectors } from '../../lexical/word-vectors.ts'
import type { QueryMatch } from '../../stores/store.ts'
import type { RecordShape } from '../checks/record-shape.ts'
import { type Candidate, textOf } from './candidate.ts'

/**
 * Weight of words, slightly below that of the whole meaning: tuned on 42 questions of two sample tenants, other ones
 * than docs/evaluation.md reports.
 */
const wordsCount = 0.6

/**
 * Ranks candidates by the similarity of their vectors and by their share of the question's words, including related
 * ones. Both are from 0 to 1, so they are added instead of compared by rank.
 *
 * @param near found by vector, nearest first.
 * @param worded found by their words in the whole store; undefined: not searched there.
 */
export function rankRelated(
  query: string,
  weights: { readonly dense: number; readonly sparse: number },
  { words, shape }: { readonly words: WordVectors; readonly shape: Pick<RecordShape, 'fields'> },
  near: readonly QueryMatch[],
  worded: readonly QueryMatch[] = [],
): Candidate[] {
  const similarities = new Map(near.map(({ id, score }) => [id, score]))
  // One that was found by its words alone is no nearer than the farthest of the others.
  const farthest = near.at(-1)?.score ?? 0
  const all = [...near, ...worded.filter(({ id }) => !similarities.has(id))]
  const texts = all.map((found) => textOf({ found }, shape) ?? '')
  const related = relatedScores(query, texts, words)
  const [dense, sparse] = [weights.dense, weights.sparse * wordsCount]
  return all
    .map((found, at) => {
      const [similarity, share = 0] = [similarities.get(found.id), related[at]]
      const fused = (dense * Math.max(0, similarity ?? farthest) + sparse * share) / (dense + sparse)
      return {
        found,
        score: fused,
        scores: { ...(similarity !== undefined && { dense: similarity }), sparse: share, fused },
      }
    })
    .toSorted((left, right) => right.score - left.score)
}
