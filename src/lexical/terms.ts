import { stemmer as englishStem } from '@orama/stemmers/english'
import { stemmer as russianStem } from '@orama/stemmers/russian'

/** Scripts without spaces between words; the engine's dictionaries find the words. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u
const run = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
/** Invisible characters: soft hyphens, joiners, direction marks, variation selectors. They separate no words. */
const unseen = /\p{Default_Ignorable_Code_Point}/gu
const english = /^[a-z]{3,}$/
const russian = /^[а-яё]{3,}$/
/**
 * Longest term. Longer ones are keys and encoded data, not words; they are truncated, so that they still match
 * themselves.
 */
const termMax = 64

/** A fixed language: a replica's environment must not decide how it splits texts. */
const words = new Intl.Segmenter('en', { granularity: 'word' })

/**
 * The terms of a text, normalised (NFKC, lower case) and stemmed where the script identifies a stemmer. Plain Latin
 * letters get the English one: in other languages it merges fewer forms and does no harm, since both sides are stemmed
 * alike.
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

/** Stems of recent words: stemming costs more than everything else here, and texts repeat their words. */
const knownStems = new Map<string, string>()
const knownStemsMax = 20_000

/** The normalised form of one word in lower case. */
export function stemOf(word: string): string {
  if (word.length > termMax) return word.slice(0, termMax)
  const known = knownStems.get(word)
  if (known !== undefined) return known
  const stem = english.test(word) ? englishStem(word) : russian.test(word) ? russianStem(word) : word
  if (knownStems.size >= knownStemsMax) knownStems.clear()
  knownStems.set(word, stem)
  return stem
}

/** Occurrences of each term, in the order of first occurrence. */
export function countTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + 1)
  return counts
}
