import type { Position } from '../chunks/chunk-records.ts'
import type { Match } from '../retrieve/match.ts'
import { sourceLine } from './prompt.ts'

/** A passage that an answer is written from. */
export interface AnswerSource {
  /** Its number in citations: `[1]`. */
  readonly number: number
  readonly id: string
  readonly documentId: string | null
  readonly source: string | null
  /** Its position in its document; null for an app's own record. */
  readonly position: Position | null
  readonly score: number
  /** Its chunk's text; with `expand` also that of the chunks around it. */
  readonly text: string
}

/** Upper bound of bytes per token: a text with fewer bytes for its budget needs no counting. */
const bytesPerToken = 8
/** Smallest remaining budget worth filling. */
const leastTokens = 16

/**
 * Chooses the best matches that fit the token budget. One that does not fit is skipped; the best one is truncated if it
 * does not fit alone.
 *
 * @param countTokens called only where the byte length cannot decide: a token has at least one byte.
 */
export async function chooseSources(
  matches: readonly Match[],
  budgetTokens: number,
  countTokens: (text: string) => Promise<number>,
): Promise<readonly AnswerSource[]> {
  const texts = matches.flatMap((match) => {
    const { id, documentId, source, position, score } = match
    const text = textOf(match)
    return text === '' ? [] : [{ number: 0, id, documentId, source, position, score, text }]
  })
  const bytes = texts.reduce((sum, one) => sum + Buffer.byteLength(sourceLine(one)) + 2, 0)
  if (bytes <= budgetTokens) return texts.map((one, at) => ({ ...one, number: at + 1 }))
  const chosen: AnswerSource[] = []
  let left = budgetTokens
  for (const one of texts) {
    if (left < leastTokens) break
    const tokens = await tokensUpTo(left, sourceLine(one), countTokens)
    if (tokens === undefined) continue
    chosen.push({ ...one, number: chosen.length + 1 })
    left -= tokens
  }
  const [best] = texts
  if (chosen.length > 0 || best === undefined) return chosen
  return [{ ...best, number: 1, text: await cut(best, budgetTokens, countTokens) }]
}

function textOf({ text, neighbours }: Match): string {
  const texts = [
    ...(neighbours?.before ?? []).map((one) => one.text),
    text,
    ...(neighbours?.after ?? []).map((one) => one.text),
  ]
  return texts.flatMap((one) => (one === null || one.trim() === '' ? [] : [one])).join('\n\n')
}

/** Undefined when there are more than `most`. */
async function tokensUpTo(
  most: number,
  line: string,
  countTokens: (text: string) => Promise<number>,
): Promise<number | undefined> {
  if (Buffer.byteLength(line) > most * bytesPerToken) return undefined
  const tokens = await countTokens(`${line}\n`)
  return tokens <= most ? tokens : undefined
}

async function cut(
  one: AnswerSource,
  budgetTokens: number,
  countTokens: (text: string) => Promise<number>,
): Promise<string> {
  for (let length = Math.min(one.text.length, budgetTokens * 4); length > 1; length = Math.floor(length * 0.8)) {
    const text = `${one.text.slice(0, length).toWellFormed()}…`
    if ((await tokensUpTo(budgetTokens, sourceLine({ ...one, text }), countTokens)) !== undefined) return text
  }
  return one.text.slice(0, 1)
}
