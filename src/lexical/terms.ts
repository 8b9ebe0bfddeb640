import { stemmer as englishStem } from '@orama/stemmers/english'
import { stemmer as russianStem } from '@orama/stemmers/russian'

/** Scripts that are written without spaces between words; the engine's dictionaries find the words. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u
const run = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
/** Characters that nobody sees: soft hyphens, joiners, marks of direction, variants. They part no word. */
const unseen = /\p{Default_Ignorable_Code_Point}/gu
const english = /^[a-z]{3,}$/
const russian = /^[а-яё]{3,}$/
/** Longer ones are no words but keys and encoded data: cut, so that they still meet themselves. */
const termMax = 64

/** A fixed language: what a replica's environment says must not decide how its texts are cut. */
const words = new Intl.Segmenter('en', { granularity: 'word' })

/**
 * The words of a text as they are compared: one spelling (NFKC, lower case), and the stem in place of the word where
 * the letters tell which stemmer fits. Of plain Latin letters that is the English one: in other languages it brings
 * fewer forms together and does no harm, for both sides are cut the same way.
 */
export function termsOf(text: string): string[] {
  const terms: string[] = []
  const seen = text.replace(unseen, '').normalize('NFKC').toLowerCase()
  for (const [found] of seen.matchAll(run)) {
    if (unspaced.test(found)) {
      for (const { segment, isWordLike } of words.segment(found)) if (isWordLike) terms.push(segment.slice(0, termMax))
    } else terms.push(stemOf(found))
  }
  return terms
}

/** Stems of words met lately: finding one takes longer than all else here, and texts repeat their words. */
const knownStems = new Map<string, string>()
const knownStemsMax = 20_000

/** One word in lower case as it is compared. */
export function stemOf(word: string): string {
  if (word.length > termMax) return word.slice(0, termMax)
  const known = knownStems.get(word)
  if (known !== undefined) return known
  const stem = english.test(word) ? englishStem(word) : russian.test(word) ? russianStem(word) : word
  if (knownStems.size >= knownStemsMax) knownStems.clear()
  knownStems.set(word, stem)
  return stem
}

/** How often each term occurs, in the order of first occurrence. */
export function countTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + 1)
  return counts
}
