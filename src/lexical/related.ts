import { tellingWords, wordsOf } from './query-words.ts'
import type { WordVectors } from './word-vectors.ts'

/**
 * Scores how much of a question's words each text covers, exactly or by related words, from 0 to 1. Words that most of
 * the texts contain, or that are common in the language, count less.
 *
 * The rarity is BM25's (Lucene's form), over these texts alone, with related words counted in part.
 */
export function relatedScores(query: string, texts: readonly string[], vectors: WordVectors): readonly number[] {
  const asked = tellingWords(query)
  const found = bestMatches(asked, texts, vectors)
  const weights = asked.map((word, at) => {
    const holding = (found[at] ?? []).reduce((sum, match) => sum + match, 0)
    return vectors.weight(word) * Math.log(1 + (texts.length - holding + 0.5) / (holding + 0.5))
  })
  return weighted(found, weights, texts.length)
}

/** The same regardless of the other texts, so that a few texts on one subject can be judged. */
export function coverage(query: string, texts: readonly string[], vectors: WordVectors): readonly number[] {
  const asked = tellingWords(query)
  const weights = asked.map((word) => vectors.weight(word) ** 2)
  return weighted(bestMatches(asked, texts, vectors), weights, texts.length)
}

/** The best match of each question word in each text. */
function bestMatches(asked: readonly string[], texts: readonly string[], vectors: WordVectors): number[][] {
  const perText = texts.map((text) => new Set(wordsOf(text)))
  const all = new Set(perText.flatMap((words) => [...words]))
  return asked.map((word) => {
    const related = new Map<string, number>()
    for (const other of all) {
      const match = vectors.relatedness(word, other)
      if (match > 0) related.set(other, match)
    }
    return perText.map((words) => {
      let best = 0
      for (const [other, match] of related) if (match > best && words.has(other)) best = match
      return best
    })
  })
}

function weighted(found: readonly number[][], weights: readonly number[], texts: number): readonly number[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  if (whole === 0) return Array<number>(texts).fill(0)
  return Array.from({ length: texts }, (_, text) => {
    return found.reduce((sum, matches, word) => sum + (weights[word] ?? 0) * (matches[text] ?? 0), 0) / whole
  })
}
