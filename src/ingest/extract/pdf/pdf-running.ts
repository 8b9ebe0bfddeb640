import type { PdfLine } from './pdf-lines.ts'

/** Lines inspected at the top and the bottom of each page. */
const edgeLines = 3
/** Minimum gap between them and the text, in letter sizes. */
const edgeGap = 1.6
/** Tolerance in points for lines at the same place on two pages. */
const samePlace = 4
/** Repeated lines searched for in the text, at most. */
const toldMax = 200
/** Pages that must share a line. */
const pagesMin = 3

interface EdgeLine {
  readonly page: number
  readonly line: PdfLine
  readonly numbers: readonly number[]
}

/**
 * Removes running headers and footers: lines at the same place on several pages, equal except for the page number.
 *
 * @returns the pages without them, and once each of those lines with more than a page number or a chapter.
 */
export function withoutRunning(pages: readonly (readonly PdfLine[])[]): {
  readonly pages: PdfLine[][]
  readonly headers: string[]
  readonly feet: string[]
} {
  const edges = new Map<string, EdgeLine[]>()
  for (const [page, lines] of pages.entries()) {
    const down = lines.toSorted((a, b) => b.y - a.y)
    const top = atEdge(down)
    const bottom = atEdge(down.slice(top.length).reverse())
    for (const [side, some] of [
      ['top', top],
      ['bottom', bottom],
    ] as const) {
      for (const line of some) {
        const key = `${side} ${line.text.replace(/\d+/g, '#')}`
        const numbers = (line.text.match(/\d+/g) ?? []).map(Number)
        edges.set(key, [...(edges.get(key) ?? []), { page, line, numbers }])
      }
    }
  }
  const running = new Set<PdfLine>()
  const told: EdgeLine[] = []
  for (const all of edges.values()) {
    const same = all.filter(
      ({ line }) => all.filter((one) => Math.abs(one.line.y - line.y) <= samePlace).length > all.length / 2,
    )
    if (!isRunning(same, pages.length)) continue
    for (const { line } of same) running.add(line)
    const [first] = same
    if (first !== undefined && !isOnlyNumber(first.line.text)) told.push(first)
  }
  const bodies = pages.map((lines) => lines.filter((line) => !running.has(line)))
  // Pages that hold nothing else are about their numbers.
  if (bodies.every((lines) => lines.length === 0)) {
    return { pages: pages.map((lines) => [...lines]), headers: [], feet: [] }
  }
  const words = lettersOf(bodies.flatMap((lines) => lines.map(({ text }) => text)).join(' '))
  // A chapter's title above each of its pages stands at its beginning, too.
  const only = told.slice(0, toldMax).filter(({ line }) => !words.includes(lettersOf(line.text)))
  const isFirst = ({ page, line }: EdgeLine) => page === 0 && line.y > (bodies[0]?.[0]?.y ?? Number.POSITIVE_INFINITY)
  return {
    pages: bodies,
    headers: only.filter(isFirst).map(({ line }) => line.text),
    feet: only.filter((one) => !isFirst(one)).map(({ line }) => line.text),
  }
}

function lettersOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}]+/gu, ' ')
    .trim()
}

/** The outermost lines up to the gap before the text; without a gap, only the outermost. */
function atEdge(lines: readonly PdfLine[]): readonly PdfLine[] {
  for (const [at, line] of lines.slice(0, edgeLines).entries()) {
    const next = lines[at + 1]
    if (next === undefined) return lines.slice(0, at + 1)
    const size = Math.max(line.size, next.size)
    if (Math.abs(line.y - next.y) > edgeGap * size || line.size !== next.size) return lines.slice(0, at + 1)
  }
  return lines.slice(0, 1).filter(({ text }) => isOnlyNumber(text))
}

function isRunning(lines: readonly EdgeLine[], pages: number): boolean {
  const onPages = new Set(lines.map(({ page }) => page)).size
  if (onPages < Math.min(pagesMin, Math.max(2, pages))) return false
  const [first] = lines
  if (lines.every(({ line }) => line.text === first?.line.text)) return onPages >= pagesMin || pages === 2
  // A number that grows with the pages is theirs; any other is a part of the text.
  return (first?.numbers ?? []).some((number, at) => {
    const offset = number - (first?.page ?? 0)
    return lines.filter(({ page, numbers }) => numbers[at] === page + offset).length >= lines.length * 0.8
  })
}

/** Whether it is only a page number, as in "Page 3 of 12", "- 3 -", "Seite 3/12". */
function isOnlyNumber(text: string): boolean {
  return /^\W*(?:(?:page|pg|p|seite|s|página|pag|стр)\W*)?\d+\W*(?:(?:of|von|de|sur|из)?\W*\d+)?\W*$/iu.test(text)
}
