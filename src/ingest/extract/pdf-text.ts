import { escaped } from './markdown-writer.ts'
import { mostOf, type PdfLine } from './pdf-lines.ts'

/** Letters so much larger than most are a heading's. */
const headingRatio = 1.15
const headingLengthMax = 150
const headingLevels = 4
/** Lines further apart than so many of their heights are different paragraphs. */
const paragraphGap = 1.7
/** A line that reaches so far to the right was broken by the layout, not by its author. */
const fullShare = 0.85
/** The dots that lead to a page number in a table of contents. */
const leader = /(?:\s?[.…·_]){6,}\s*/
const leaders = new RegExp(leader, 'g')
const listItem = /^(?:[•‣▪◦●○–*-]|\d{1,3}[.)]|\(?[a-z]\)) /

/** Pages as Markdown: headings by the size of their letters, paragraphs by the distance of their lines. */
export function pdfText(pages: readonly (readonly PdfLine[])[]): { text: string; pageStarts: number[] } {
  const levels = headingSizes(pages)
  let text = ''
  const pageStarts: number[] = []
  for (const lines of pages) {
    if (text !== '') text += '\n\n'
    pageStarts.push(text.length)
    text += pageText(lines, levels)
  }
  // Pages without text at the end leave blanks.
  const trimmed = text.trimEnd()
  return { text: trimmed, pageStarts: pageStarts.map((start) => Math.min(start, trimmed.length)) }
}

function pageText(lines: readonly PdfLine[], levels: ReadonlyMap<number, number>): string {
  const right = lines.reduce((most, line) => Math.max(most, line.right), 0)
  let text = ''
  let before: PdfLine | undefined
  for (const line of lines) {
    const level = isHeading(line) ? levels.get(line.height) : undefined
    const glue = before === undefined ? '' : glueOf(before, line, levels, right)
    if (glue === '-') text = text.slice(0, -1)
    else text += glue
    const begins = glue === '' || glue.startsWith('\n')
    if (begins && level !== undefined) text += `${'#'.repeat(level)} ${line.text}`
    else text += begins ? escaped(line.text) : line.text
    before = line
  }
  return text.replace(leaders, ' … ')
}

/** What stands between two lines; `-` takes the first one's hyphen away. */
function glueOf(before: PdfLine, line: PdfLine, levels: ReadonlyMap<number, number>, right: number): string {
  const isApart = Math.abs(before.y - line.y) > paragraphGap * Math.max(before.height, line.height)
  const wasHeading = isHeading(before) && levels.has(before.height)
  if (before.height !== line.height && (wasHeading || levels.has(line.height))) return '\n\n'
  if (isApart) return '\n\n'
  if (wasHeading) return ' '
  if (before.right < right * fullShare || listItem.test(line.text) || leader.test(before.text)) return '\n'
  return /\p{L}-$/u.test(before.text) && /^\p{Ll}/u.test(line.text) ? '-' : ' '
}

function isHeading({ text }: PdfLine): boolean {
  return text.length <= headingLengthMax && /\p{L}{2}/u.test(text) && !leader.test(text)
}

/** The sizes of letters that are headings', each with its level: the largest is the first. */
function headingSizes(pages: readonly (readonly PdfLine[])[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const { height, text } of pages.flat()) counts.set(height, (counts.get(height) ?? 0) + text.length)
  const body = mostOf(counts)
  const sizes = [...counts.keys()].filter((size) => size >= body * headingRatio).toSorted((a, b) => b - a)
  return new Map(sizes.map((size, at) => [size, Math.min(at + 1, headingLevels)]))
}
