import { stemOf } from './terms.ts'

/** How close two words of one language are in meaning, and how much each says. */
export interface WordVectors {
  /** From 0, unrelated, to 1, the same word or another form of it. */
  relatedness(left: string, right: string): number
  /** How informative a word is, from 0 for the most common to 1 for a rare or unknown one. */
  weight(word: string): number
}

/** Exact words only, for a language without vectors: other forms of the same word match. */
export const exactWords: WordVectors = {
  relatedness: (left, right) => (left === right || stemOf(left) === stemOf(right) ? 1 : 0),
  weight: () => 1,
}

/** Similarity below which two words count as unrelated: most pairs of English words are somewhat alike. */
const nothing = 0.5
/** A related word counts less than the word itself. */
const relatedMax = 0.8

/**
 * @param words the most frequent first.
 * @param vectors one byte per dimension, word after word; every vector has the same length.
 */
export function wordVectors(words: readonly string[], vectors: Int8Array): WordVectors {
  const dimension = vectors.length / words.length
  const places = new Map(words.map((word, at) => [word, at]))
  const lengths = new Float64Array(words.length)
  for (let at = 0; at < words.length; at += 1) lengths[at] = Math.sqrt(product(at, at))

  function product(left: number, right: number): number {
    let sum = 0
    for (let of = 0; of < dimension; of += 1) {
      sum += (vectors[left * dimension + of] ?? 0) * (vectors[right * dimension + of] ?? 0)
    }
    return sum
  }

  return {
    relatedness(left, right) {
      if (exactWords.relatedness(left, right) === 1) return 1
      const [a, b] = [places.get(left), places.get(right)]
      if (a === undefined || b === undefined) return 0
      const cosine = product(a, b) / ((lengths[a] ?? 1) * (lengths[b] ?? 1))
      return Math.max(0, (cosine - nothing) / (1 - nothing)) * relatedMax
    },
    weight(word) {
      return Math.log(2 + (places.get(word) ?? words.length)) / Math.log(2 + words.length)
    },
  }
}
