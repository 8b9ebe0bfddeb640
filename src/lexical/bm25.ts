import { queryTerms } from './query-terms.ts'
import { countTerms } from './terms.ts'

/**
 * The usual constants of Okapi BM25 (Robertson and Zaragoza, 2009): saturation of repeated words, and weight of length.
 */
const k1 = 1.2
const b = 0.75

/** The weight of a term's occurrences in a text of `length` terms, from 0 to `k1 + 1`. */
export function termWeight(occurrences: number, length: number, averageLength: number): number {
  return (occurrences * (k1 + 1)) / (occurrences + k1 * (1 - b + (b * length) / averageLength))
}

/**
 * BM25 of each text for the query. Term rarity and average length come from these texts alone. 0: no term in common.
 */
export function bm25(query: string, texts: readonly string[]): number[] {
  const terms = queryTerms(query)
  const counted = texts.map((text) => {
    const counts = countTerms(text)
    let length = 0
    for (const count of counts.values()) length += count
    return { counts, length }
  })
  const averageLength = counted.reduce((sum, { length }) => sum + length, 0) / Math.max(1, texts.length) || 1
  const rarity = new Map(
    terms.map((term) => {
      const holding = counted.reduce((sum, { counts }) => sum + (counts.has(term) ? 1 : 0), 0)
      // Lucene's form, which is never negative.
      return [term, Math.log(1 + (texts.length - holding + 0.5) / (holding + 0.5))]
    }),
  )
  return counted.map(({ counts, length }) => {
    let score = 0
    for (const [term, idf] of rarity) {
      const occurrences = counts.get(term)
      if (occurrences !== undefined) score += idf * termWeight(occurrences, length, averageLength)
    }
    return score
  })
}
