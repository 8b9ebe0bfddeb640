import { queryTerms } from './query-terms.ts'
import { termsOf } from './terms.ts'

const word = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
/** Enough for a question; further words add little and cost time for each candidate. */
const wordsMax = 40

const known = new Map<string, boolean>()
const knownMax = 20_000

/** The words of a text as written, in lower case and without function words. */
export function wordsOf(text: string): string[] {
  return [...text.normalize('NFKC').toLowerCase().matchAll(word)].map(([found]) => found).filter(isTelling)
}

/** The distinct content words of a question. */
export function tellingWords(query: string): readonly string[] {
  return [...new Set(wordsOf(query))].slice(0, wordsMax)
}

function isTelling(found: string): boolean {
  let telling = known.get(found)
  if (telling === undefined) {
    // A word beside it keeps a question of nothing else from being taken whole.
    const terms = termsOf(found)
    telling = queryTerms(`${found} zebra`).some((term) => terms.includes(term))
    if (known.size >= knownMax) known.clear()
    known.set(found, telling)
  }
  return telling
}
