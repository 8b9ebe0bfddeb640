import { trimmed } from './chunk-gather.ts'
import { atBorders, inSentences, inTokens } from './chunk-pieces.ts'
import { type ChunkRule, chunksMax } from './chunk-rule.ts'
import { fits, sizeOf } from './chunk-size.ts'
import { markdownSections, type Section } from './markdown-sections.ts'

export interface Chunk {
  /** What is embedded and found: its part of the text; cut as `markdown`, with the headings above it. */
  readonly text: string
  /** Its part of the text, `text.slice(start, end)`, in UTF-16 units. */
  readonly start: number
  readonly end: number
  /** The headings it stands under, as in `Bikes > Brakes`. */
  readonly heading: string | null
}

/** Headings are repeated in each chunk, so they must leave room for the text. */
const headingLengthMax = 200

/**
 * Cuts a text into chunks, by the rule's strategy. Everything that is not blank is in a chunk, or is a heading above
 * one.
 *
 * @param pause called now and then; when it waits, other work gets its turn.
 * @returns chunks of at most `rule.tokens` tokens (cl100k, which is near enough for any model), none of them blank; of a text
 *   that gives more than `chunksMax`, one more than that.
 */
export async function chunkText(text: string, rule: ChunkRule, pause?: () => Promise<void>): Promise<Chunk[]> {
  const chunks: Chunk[] = []
  for (const chunk of rule.strategy === 'markdown' ? atHeadings(text, rule) : asWindows(text, rule)) {
    if (chunk !== undefined) chunks.push(chunk)
    if (chunks.length > chunksMax) break
    await pause?.()
  }
  return chunks
}

function* atHeadings(text: string, rule: ChunkRule): Generator<Chunk | undefined> {
  for (const section of markdownSections(text)) {
    const heading = headingPath(section, rule.tokens)
    const prefix = heading === null ? '' : `${heading}\n\n`
    const room = rule.tokens - Math.max(sizeOf(prefix).tokens, Math.ceil(Buffer.byteLength(prefix) / 8))
    const limits = { room, overlap: Math.min(rule.overlap, Math.floor(room / 2)) }
    for (const range of atBorders(text, trimmed(text, section), limits)) {
      yield range && { text: prefix + text.slice(range.start, range.end), ...range, heading }
    }
  }
}

function* asWindows(text: string, rule: ChunkRule): Generator<Chunk | undefined> {
  const limits = { room: rule.tokens, overlap: rule.overlap }
  const sections = markdownSections(text)
  let section: Section | undefined
  let next = sections.next()
  for (const range of (rule.strategy === 'sentences' ? inSentences : inTokens)(text, limits)) {
    if (range === undefined) {
      yield undefined
      continue
    }
    const { start, end } = range
    for (; next.done !== true && next.value.from <= start; next = sections.next()) section = next.value
    const heading = section === undefined ? null : headingPath(section, rule.tokens)
    yield { text: text.slice(start, end), start, end, heading }
  }
}

/** The headings of a section, shortened to a third of a chunk: the outer ones go first, then the end of the last. */
function headingPath({ headings }: Pick<Section, 'headings'>, tokens: number): string | null {
  const room = Math.floor(tokens / 3)
  const isShort = (path: string) => path.length <= headingLengthMax && fits(sizeOf(path), room)
  for (let from = 0; from < headings.length; from += 1) {
    const path = headings.slice(from).join(' > ')
    if (isShort(path)) return path
  }
  let last = [...(headings.at(-1) ?? '').slice(0, headingLengthMax)]
  while (last.length > 0 && !isShort(last.join(''))) last = last.slice(0, Math.floor(last.length * 0.8))
  return last.length === 0 ? null : last.join('')
}
