import { escaped } from '../html/markdown-writer.ts'
import { mostOf, type PdfLine, paragraphGap } from './pdf-lines.ts'

/** A page's lines in reading order, and texts beside them: notes, stamps. */
export interface PdfPage {
  readonly lines: readonly PdfLine[]
  readonly asides: readonly string[]
}

/** Letters this much larger than most are a heading's. */
const headingRatio = 1.15
/** Lengths of a heading's line, and of several together; longer ones are a paragraph in large letters. */
const headingLengthMax = { line: 150, whole: 200 }
const headingLevels = 4
/** A line that fills this share of the width was broken by the layout, not by its author. */
const fullShare = 0.85
/** Dot leaders in a table of contents. */
const leader = /(?:\s?[.…·_]){6,}\s*/
const leaders = new RegExp(leader, 'g')
const listItem = /^(?:[•‣▪◦●○–*-]|\d{1,3}[.)]|\(?[a-z]\)) /
/** Words after a hyphen that begin a new word, as in "pre- and postwar". */
const secondWord = /^(?:and|or|to|und|oder|bzw|bis|sowie|et|ou|y|o|e)\b/
const sentenceEnd = /[.!?:;…][\p{Pe}\p{Pf}"'”’»]*$/u

interface Paragraph {
  text: string
  readonly level: number
  /** Pages that begin within it, with their positions. */
  readonly begins: { readonly page: number; readonly at: number }[]
}

/** Pages as Markdown: headings by letter size, paragraphs by line distance. */
export function pdfText(
  pages: readonly PdfPage[],
  running: { readonly headers: readonly string[]; readonly feet: readonly string[] },
): { text: string; pageStarts: number[] } {
  const levels = headingSizes(pages)
  const paragraphs: Paragraph[] = []
  const add = (text: string, level: number, page: number): Paragraph => {
    const paragraph = { text, level, begins: [{ page, at: 0 }] }
    paragraphs.push(paragraph)
    return paragraph
  }
  for (const text of running.headers) add(escaped(text), 0, 0)
  let asides: string[] = []
  let before: { readonly line: PdfLine; readonly page: number } | undefined
  for (const [page, { lines, asides: own }] of pages.entries()) {
    for (const line of lines) {
      const glue = before === undefined ? '\n\n' : glueOf(before.line, line, levels, before.page !== page)
      let paragraph = paragraphs.at(-1)
      if (glue === '\n\n' || paragraph === undefined) {
        for (const text of before?.page === page ? [] : asides.splice(0)) add(text, 0, Math.max(0, page - 1))
        const level = isHeading(line) ? (levels.get(line.size) ?? 0) : 0
        paragraph = add(level > 0 ? line.text : escaped(line.text), level, page)
      } else {
        paragraph.text = glue === '-' ? paragraph.text.slice(0, -1) : paragraph.text + glue
        if (paragraph.begins.at(-1)?.page !== page) paragraph.begins.push({ page, at: paragraph.text.length })
        paragraph.text += glue === '\n' ? escaped(line.text) : line.text
      }
      before = { line, page }
    }
    asides = [...asides, ...own.map(escaped)]
  }
  for (const text of [...asides, ...running.feet.map(escaped)]) add(text, 0, pages.length - 1)
  return written(paragraphs, pages.length)
}

function written(paragraphs: readonly Paragraph[], pages: number): { text: string; pageStarts: number[] } {
  const starts = new Map<number, number>()
  let text = ''
  for (const { text: words, level, begins } of paragraphs) {
    if (text !== '') text += '\n\n'
    const isHeading = level > 0 && words.length <= headingLengthMax.whole
    const mark = isHeading ? `${'#'.repeat(level)} ` : ''
    const own = level > 0 && !isHeading ? escaped(words) : words
    for (const { page, at } of begins) {
      if (!starts.has(page)) starts.set(page, text.length + (at === 0 ? 0 : mark.length + at))
    }
    text += mark + own.replace(leaders, (dots) => ' … '.padEnd(Math.min(3, dots.length)))
  }
  // A page without text begins where the next one does.
  const pageStarts: number[] = []
  for (let page = pages - 1; page >= 0; page -= 1)
    pageStarts[page] = starts.get(page) ?? pageStarts[page + 1] ?? text.length
  return { text, pageStarts }
}

/** The text between two lines; `-` removes the first one's hyphen. */
function glueOf(before: PdfLine, line: PdfLine, levels: ReadonlyMap<number, number>, isNewPage: boolean): string {
  const wasHeading = isHeading(before) && levels.has(before.size)
  const size = Math.max(before.size, line.size)
  if (Math.abs(before.size - line.size) > 0.5 && (wasHeading || levels.has(line.size))) return '\n\n'
  // From the foot of a column, or of a page, to the head of the next.
  if (isNewPage || line.y > before.y + size) return !wasHeading && goesOn(before, line) ? joint(before, line) : '\n\n'
  if (before.y - line.y > paragraphGap * size) return '\n\n'
  if (wasHeading) return ' '
  if (before.isRow || line.isRow || listItem.test(line.text) || leader.test(before.text)) return '\n'
  const isHyphenated = joint(before, line) === '-'
  const { left, right } = before.block
  if (!isHyphenated && before.right - left < (right - left) * fullShare) return '\n'
  return joint(before, line)
}

function goesOn(before: PdfLine, line: PdfLine): boolean {
  return !sentenceEnd.test(before.text) && /^[\p{Ll}\p{Lo}]/u.test(line.text) && !leader.test(before.text)
}

function joint({ text }: PdfLine, next: PdfLine): string {
  if (!/\p{L}[-‐]$/u.test(text) || !/^\p{Ll}/u.test(next.text)) return ' '
  return secondWord.test(next.text) ? ' ' : '-'
}

function isHeading({ text }: PdfLine): boolean {
  return text.length <= headingLengthMax.line && /\p{L}{2}/u.test(text) && !leader.test(text)
}

/** Heading levels by letter size, the largest first. */
function headingSizes(pages: readonly PdfPage[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const { size, text } of pages.flatMap(({ lines }) => lines))
    counts.set(size, (counts.get(size) ?? 0) + text.length)
  const body = mostOf(counts)
  const sizes = [...counts.keys()].filter((size) => size >= body * headingRatio).toSorted((a, b) => b - a)
  return new Map(sizes.map((size, at) => [size, Math.min(at + 1, headingLevels)]))
}
