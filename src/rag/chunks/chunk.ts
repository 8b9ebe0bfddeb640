import { type ChunkLimits, type Range, trimmed } from './chunk-gather.ts'
import { atBorders, inSentences, inTokens } from './chunk-pieces.ts'
import { type ChunkRule, chunksMax } from './chunk-rule.ts'
import { fittingSize, sizeOf } from './chunk-size.ts'
import { HeadingPaths } from './heading-path.ts'
import { type Heading, markdownSections, type Section } from './markdown-sections.ts'
import { tablesIn } from './markdown-tables.ts'
import { type TablePart, tableParts } from './table-chunks.ts'

export interface Chunk {
  /**
   * The text that is embedded and returned: its part of the document; with `markdown` below its headings and its
   * table's header.
   */
  readonly text: string
  /** Its part of the document, `text.slice(start, end)`, in UTF-16 units. */
  readonly start: number
  readonly end: number
  /** The headings above it, as in `Bikes > Brakes`. */
  readonly heading: string | null
}

/**
 * Splits a text into chunks by the rule's strategy. Everything but blanks is in a chunk, or is a heading above one.
 *
 * @param pause called periodically; when it waits, other work gets its turn.
 * @returns chunks of up to `rule.tokens` tokens (cl100k, close enough for any model), none of them blank; for a text
 *   with more than `chunksMax` chunks, one more than that.
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
  const paths = new HeadingPaths(rule.tokens)
  for (const section of markdownSections(text)) {
    const body = trimmed(text, section)
    if (body.start === body.end) continue
    const { path, asText } = paths.of(section)
    let { start } = section
    for (const { from, to } of asText.toReversed()) {
      // The last one is too long, and so the beginning of its text; so are those that stand directly above it.
      if (isLast(section, asText) && text.slice(to, start).trim() === '') start = from
      else yield* chunksOf(text, { start: from, end: to }, null, rule)
    }
    yield* chunksOf(text, { start, end: section.end }, path, rule)
  }
}

function isLast({ headings }: Section, asText: readonly Heading[]): boolean {
  const last = headings.at(-1)
  return last !== undefined && asText.includes(last)
}

function* chunksOf(text: string, range: Range, heading: string | null, rule: ChunkRule): Generator<Chunk | undefined> {
  const prefix = heading === null ? '' : `${heading}\n\n`
  const budget = rule.tokens - Math.max(sizeOf(prefix).tokens, Math.ceil(Buffer.byteLength(prefix) / 8))
  const limits = { budget, overlap: Math.min(rule.overlap, Math.floor(budget / 2)) }
  for (const part of inParts(text, trimmed(text, range), limits)) {
    if (part === undefined) yield undefined
    else {
      const { above, start, end } = part
      yield { text: prefix + above + text.slice(start, end), start, end, heading }
    }
  }
}

/** Splits tables that exceed a chunk by their own rule, everything else at borders. */
function* inParts(text: string, range: Range, limits: ChunkLimits): Generator<TablePart | undefined> {
  let from = range.start
  for (const table of tablesIn(text, range)) {
    if (fittingSize(text.slice(table.start, table.end), limits.budget) !== undefined) continue
    yield* proseParts(text, { start: from, end: table.start }, limits)
    yield* tableParts(text, table, limits.budget)
    from = table.end
  }
  yield* proseParts(text, { start: from, end: range.end }, limits)
}

function* proseParts(text: string, range: Range, limits: ChunkLimits): Generator<TablePart | undefined> {
  for (const part of atBorders(text, trimmed(text, range), limits)) yield part && { ...part, above: '' }
}

function* asWindows(text: string, rule: ChunkRule): Generator<Chunk | undefined> {
  const limits = { budget: rule.tokens, overlap: rule.overlap }
  const sections = markdownSections(text)
  const paths = new HeadingPaths(rule.tokens)
  let section: Section | undefined
  let next = sections.next()
  for (const range of (rule.strategy === 'sentences' ? inSentences : inTokens)(text, limits)) {
    if (range === undefined) {
      yield undefined
      continue
    }
    const { start, end } = range
    for (; next.done !== true && next.value.from <= start; next = sections.next()) section = next.value
    const heading = section === undefined ? null : paths.of(section).path
    yield { text: text.slice(start, end), start, end, heading }
  }
}
