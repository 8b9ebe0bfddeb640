import { linesOf, mostOf, type PdfLine, type Segment } from './pdf-lines.ts'

/** Nesting limit of columns: each is searched within the one before. */
const depthMax = 3
/** A column of prose has at least this many lines, and this many letters a line on average; less is a table column. */
const linesMin = 4
/** A page with more segments is a drawing. */
const segmentsMax = 5_000
const lettersMin = 15
/** Lines wider than this share of the page span columns: a title, an abstract. */
const wideShare = 0.6
/** Letters this much larger than most belong to a title, which may span columns. */
const titleRatio = 1.15
/** Minimum gap between columns, in points. */
const gutterMin = 7

/** The lines of a page in reading order: column by column, even where the file alternates between them. */
export function readingLines(segments: readonly Segment[]): PdfLine[] {
  const gutters = guttersOf(segments, 0).toSorted((a, b) => a - b)
  const columnOf = (segment: Segment): number | undefined => {
    const column = gutters.filter((gutter) => gutter < (segment.x + segment.right) / 2).length
    const [from, to] = [gutters[column - 1] ?? Number.NEGATIVE_INFINITY, gutters[column] ?? Number.POSITIVE_INFINITY]
    return segment.x >= from - 1 && segment.right <= to + 1 ? column : undefined
  }
  const isParted = (a: Segment, b: Segment): boolean => gutters.length > 0 && columnOf(a) !== columnOf(b)
  return linesOf(
    gutters.length === 0 || !isMixed(segments, columnOf) ? segments : byColumns(segments, columnOf),
    isParted,
  )
}

/** Whether the file alternates between columns more often than it goes down one, or returns to an earlier one. */
function isMixed(segments: readonly Segment[], columnOf: (segment: Segment) => number | undefined): boolean {
  let [changes, back, wide] = [0, 0, 0]
  let before: number | undefined
  for (const segment of segments) {
    const column = columnOf(segment)
    if (column === undefined) wide += 1
    else {
      if (before !== undefined && column !== before) changes += 1
      if (before !== undefined && column < before) back += 1
      before = column
    }
  }
  return changes > 4 + 2 * wide || back > wide
}

/** Splits the page into bands at segments that span columns; within a band the columns are read one after another. */
function byColumns(segments: readonly Segment[], columnOf: (segment: Segment) => number | undefined): Segment[] {
  const down = segments.toSorted((a, b) => b.y - a.y || a.x - b.x)
  const ordered: Segment[] = []
  let band: Segment[][] = []
  for (const segment of down) {
    const column = columnOf(segment)
    if (column !== undefined) {
      band[column] ??= []
      band[column].push(segment)
      continue
    }
    ordered.push(...band.flat(), segment)
    band = []
  }
  return [...ordered, ...band.flat()]
}

/** Positions of the gaps between two columns of prose. */
function guttersOf(segments: readonly Segment[], depth: number): number[] {
  if (depth >= depthMax || segments.length < 2 * linesMin || segments.length > segmentsMax) return []
  const left = Math.min(...segments.map(({ x }) => x))
  const right = Math.max(...segments.map((segment) => segment.right))
  const narrow = segments.filter((segment) => segment.right - segment.x < wideShare * (right - left))
  const best = bestGutter(narrow) ?? bestGutter(withoutTitles(narrow))
  if (best === undefined) return []
  return [best.at, ...best.sides.flatMap((side) => guttersOf(side, depth + 1))]
}

function bestGutter(segments: readonly Segment[]): { at: number; sides: [Segment[], Segment[]] } | undefined {
  let best: { readonly at: number; readonly sides: [Segment[], Segment[]] } | undefined
  let least = 0
  for (const [from, to] of emptyStrips(segments)) {
    const at = (from + to) / 2
    const sides: [Segment[], Segment[]] = [
      segments.filter((segment) => segment.right <= at),
      segments.filter((segment) => segment.x >= at),
    ]
    const smaller = Math.min(sides[0].length, sides[1].length)
    if (smaller > least && isProse(sides[0]) && isProse(sides[1]) && standBeside(...sides)) {
      best = { at, sides }
      least = smaller
    }
  }
  return best
}

function withoutTitles(segments: readonly Segment[]): Segment[] {
  const letters = new Map<number, number>()
  for (const { size, text } of segments) letters.set(size, (letters.get(size) ?? 0) + text.length)
  const body = mostOf(letters)
  return segments.filter(({ size }) => size < body * titleRatio)
}

/** Vertical strips without a segment, from left to right. */
function emptyStrips(segments: readonly Segment[]): [number, number][] {
  const strips: [number, number][] = []
  let reached = Number.POSITIVE_INFINITY
  for (const { x, right } of segments.toSorted((a, b) => a.x - b.x)) {
    if (x - reached >= gutterMin) strips.push([reached, x])
    reached = reached === Number.POSITIVE_INFINITY ? right : Math.max(reached, right)
  }
  return strips
}

function isProse(side: readonly Segment[]): boolean {
  return side.length >= linesMin && side.reduce((sum, { text }) => sum + text.length, 0) >= lettersMin * side.length
}

/** Whether the columns overlap vertically for most of the lower one. */
function standBeside(a: readonly Segment[], b: readonly Segment[]): boolean {
  const heights = (side: readonly Segment[]) => side.map(({ y }) => y)
  const [top, bottom] = [
    Math.min(Math.max(...heights(a)), Math.max(...heights(b))),
    Math.max(Math.min(...heights(a)), Math.min(...heights(b))),
  ]
  const shorter = Math.min(
    Math.max(...heights(a)) - Math.min(...heights(a)),
    Math.max(...heights(b)) - Math.min(...heights(b)),
  )
  return top - bottom >= shorter / 2 && shorter > 0
}
