/**
 * Citation marks as models write them: `[1]`, `[2, 3]`, `[1 and 2]`, `[1-3]`, `[^1]`, `[Source 1]`, `[S1]`, `[cite:
 * 1]`, `【1】`, `【1†source】`, `［1］`, `(Source 1)`. `[0]` and numbers of four digits, such as years, are no marks; nor is
 * `(1)`, which counts steps and paragraphs.
 */
const number = String.raw`[1-9]\d{0,2}(?:\s*[-–—]\s*[1-9]\d{0,2})?`
const numbers = String.raw`${number}(?:\s*(?:[,;&]|,?\s*\band\b)\s*${number})*`
const names = 'sources?|docs?|documents?|ref(?:erence)?s?|passages?|excerpts?|chunks?|citations?|cite'
const mark = new RegExp(
  String.raw`( ?)(?:[[【［〔〖]\s*(?:\^|#|s(?=\d)|(?:${names})[\s_]*[:#]?\s*)?(${numbers})\s*(?:†[^\]】］\n]{0,40})?\s*[\]】］〕〗]|\((?:${names})\s*[:#]?\s*(${numbers})\))`,
  'iy',
)
/** The start of a possible mark at the end of the text so far. */
export const openMark =
  /^ ?(?:[[【［〔〖][^[\]【】［］〔〕〖〗\n]{0,60}|\([a-z]{0,10}[\s:#]{0,3}(?:\d[\d\s,;&and–—-]{0,40})?)?$/i
/** Longest mark; a longer text is no mark and is no longer held back. */
const markLengthMax = 60
/** Words before a bracket with values instead of sources. */
const ofValues = /\b(?:arrays?|lists?|vectors?|intervals?|ranges?|tuples?|sets?|values?|between)$/i
/** Text before a bracket of code, JSON or LaTeX; and text after one. */
const codeBefore = /(?:"\s*:|=|\\[a-z]*|\{)\s*$/i
const gluedCodeBefore = /[=+*/]\s*\w+$/
const codeAfter = /[{}\\]/

/** Sources that a range may name; longer ranges are intervals of something else. */
const rangeMax = 20
/** Undefined for a range that names no sources. */
export function numbersOf(list: string, sources: number): readonly number[] | undefined {
  const numbers: number[] = []
  for (const part of list.split(/[,;&]|\band\b/i)) {
    if (!/\d/.test(part)) continue
    const [from = 0, to = from] = (part.match(/\d+/g) ?? []).map(Number)
    if (to !== from && (from > sources || to < from || to - from >= rangeMax)) return undefined
    if (to > sources && part.trim() === '1-9') return undefined // a pattern's digits
    for (let one = from; one <= to; one += 1) numbers.push(one)
  }
  return numbers
}

/** Whether a bracket belongs to unfenced code, to a formula, or to words that name its values. */
export function isOfValues(before: string, found: string, numbers: readonly number[], next: string): boolean {
  if (codeBefore.test(before) || codeAfter.test(next)) return true
  if (!found.startsWith(' ') && gluedCodeBefore.test(before)) return true
  if (next === '+' && found.includes('-')) return true
  if (next === '(' && before.endsWith('!')) return true
  return numbers.length > 1 && ofValues.test(before.trimEnd())
}

export function markAt(text: string, at: number): RegExpExecArray | undefined {
  mark.lastIndex = at
  const found = mark.exec(text)
  return found !== null && found[0].length <= markLengthMax ? found : undefined
}
