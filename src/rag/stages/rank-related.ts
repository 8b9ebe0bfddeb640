import { relatedScores } from '../../lexical/related.ts'
import type { WordVectors } from '../../lexical/word-vectors.ts'
import type { QueryMatch } from '../../stores/store.ts'
import { documentIn, type RecordShape } from '../checks/record-shape.ts'
import { type Candidate, textOf } from './candidate.ts'

/** Weight of words beside that of the whole meaning, tuned on the sample tenants' `tuning.json` (docs/evaluation.md). */
const wordsCount = 0.6
/** Weight of a document's other best chunk: a document on the subject mentions it more than once. */
const companionCount = 0.3

/**
 * Ranks candidates by the similarity of their vectors and by their share of the question's words, including related
 * ones. Both are from 0 to 1, so they are added instead of compared by rank. The best other candidate of the same
 * document counts in part.
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
  const scored = all.map((found, at) => {
    const [similarity, share = 0] = [similarities.get(found.id), related[at]]
    const score = (dense * Math.max(0, similarity ?? farthest) + sparse * share) / (dense + sparse)
    return { found, score, similarity, share, document: documentIn(found.metadata, shape) }
  })
  const companion = companionsOf(scored)
  return scored
    .map((one) => {
      const { found, score, similarity, share } = one
      const fused = (score + companionCount * companion(one)) / (1 + companionCount)
      return {
        found,
        score: fused,
        scores: { ...(similarity !== undefined && { dense: similarity }), sparse: share, fused },
      }
    })
    .toSorted((left, right) => right.score - left.score)
}

interface OfDocument {
  readonly score: number
  readonly document: string | null
}

/**
 * The score of the best other candidate of the same document; never above a candidate's own, so that one good chunk does
 * not lift the others. A candidate without another gets the average of all: a short document is no worse than a long one.
 */
function companionsOf(all: readonly OfDocument[]): (one: OfDocument) => number {
  const average = all.reduce((sum, { score }) => sum + score, 0) / Math.max(1, all.length)
  const bests = new Map<string, { first: OfDocument; second?: OfDocument }>()
  for (const one of all) {
    if (one.document === null) continue
    const best = bests.get(one.document)
    if (best === undefined) bests.set(one.document, { first: one })
    else if (one.score > best.first.score) bests.set(one.document, { first: one, second: best.first })
    else if (best.second === undefined || one.score > best.second.score) best.second = one
  }
  return (one) => {
    const best = one.document === null ? undefined : bests.get(one.document)
    const other = best?.first === one ? best.second : best?.first
    return Math.min(one.score, other?.score ?? average)
  }
}
