import { termsOf } from './terms.ts'

/** English words that frame a question without carrying its subject. Their stems are compared. */
const asking = `
  a about after also am an and any are as at be been but by can could did do does for from get had has have how i if
  in into is it its me may much many must my no not of on or our please shall should so some such tell than that the
  their them then there these they this to us was we were what when where which who why will with would you your
`
const stopped: ReadonlySet<string> = new Set(termsOf(asking))

/**
 * The distinct terms of a question, without such words: the store knows no term frequencies and would weigh `the` like
 * a name. A question of nothing else keeps them.
 */
export function queryTerms(query: string): readonly string[] {
  const terms = [...new Set(termsOf(query))]
  const telling = terms.filter((term) => !stopped.has(term))
  return telling.length > 0 ? telling : terms
}
