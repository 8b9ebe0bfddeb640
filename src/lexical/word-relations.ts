import { stemOf } from './terms.ts'
import type { WordVectors } from './word-vectors.ts'

/** Synonyms and derived forms count as much as the nearest word by vectors. */
const closeMatch = 0.8
/** Broader and similar words: a wallet is a case, but most cases are no wallets. */
const broadMatch = 0.5

/**
 * Adds the relations of a dictionary, which knows what vectors of frequent words do not: rare words, and synonyms that
 * occur in other company.
 *
 * @param lines one per stem: the stem, its close stems, ` / `, and its broader ones, all separated by a blank. A pair
 *   stands once, at the stem that sorts first.
 */
export function withRelations(vectors: WordVectors, lines: string): WordVectors {
  // Whole lines instead of sets of words: most are never looked at.
  const byStem = new Map<string, string>()
  for (const line of lines.trimEnd().split('\n')) byStem.set(line.slice(0, line.indexOf(' ')), `${line} `)

  function related(left: string, right: string): number {
    const [first, second] = left < right ? [left, right] : [right, left]
    const line = byStem.get(first)
    const at = line?.indexOf(` ${second} `, first.length) ?? -1
    if (line === undefined || at < 0) return 0
    return at < line.indexOf(' / ') ? closeMatch : broadMatch
  }

  return {
    relatedness(left, right) {
      const match = vectors.relatedness(left, right)
      return match >= closeMatch ? match : Math.max(match, related(stemOf(left), stemOf(right)))
    },
    weight: vectors.weight,
  }
}
