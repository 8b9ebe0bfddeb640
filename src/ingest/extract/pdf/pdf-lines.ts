import { withoutDoubled } from './pdf-doubled.ts'
import type { TextRun } from './pdf-items.ts'

/** Letters of one line without a wide gap. */
export interface Segment {
  readonly text: string
  readonly x: number
  readonly y: number
  readonly right: number
  /** The size of most of its letters. */
  readonly size: number
  readonly isRtl: boolean
}

export interface PdfLine extends Segment {
  /** Whether wide gaps divide it, as between the cells of a row. */
  readonly isRow: boolean
  /** Left and right edges of the surrounding lines. */
  readonly block: { readonly left: number; readonly right: number }
}

/** Gaps in letter sizes: from the first on a blank, from the second on a boundary of cells and columns. */
const blankGap = 0.2
const wideGap = 1.2
/** Lines further apart than this, in letter sizes, are different paragraphs. */
export const paragraphGap = 1.7
/** Runs with a larger vertical offset, in letter sizes, are on different lines. */
const sameLine = 0.45
/** A run may continue one of the last few of its line. */
const nearRuns = 8

/** Joins neighbouring runs in file order; those of a right-to-left line in reading order. */
export function segmentsOf(runs: readonly TextRun[]): Segment[] {
  const segments: Segment[] = []
  let held: TextRun[] = []
  const close = (): void => {
    if (held.length > 0) segments.push(segmentOf(held))
    held = []
  }
  for (const run of runs) {
    const [first, last] = [held[0], held.slice(-nearRuns)]
    if (first !== undefined && !(isBeside(first, run) && last.some((one) => isBeside(one, run) && isNear(one, run))))
      close()
    held.push(run)
  }
  close()
  const texts = withoutDoubled(segments.map(({ text }) => text))
  return segments.flatMap((segment, at) => (texts[at] ? [{ ...segment, text: texts[at] }] : []))
}

/** Joins segments of one line where nothing divides them. */
export function linesOf(segments: readonly Segment[], isParted: (a: Segment, b: Segment) => boolean): PdfLine[] {
  const lines: Omit<PdfLine, 'block'>[] = []
  for (const segment of segments) {
    const last = lines.at(-1)
    const size = Math.max(last?.size ?? 0, segment.size)
    const isSame = last !== undefined && Math.abs(last.y - segment.y) <= sameLine * size
    if (last === undefined || !isSame || isParted(last, segment)) lines.push({ ...segment, isRow: false })
    else if (segment.x >= last.right) lines[lines.length - 1] = joined(last, segment)
    else if (segment.right <= last.x) lines[lines.length - 1] = joined(segment, last)
    else lines.push({ ...segment, isRow: false })
  }
  return inBlocks(lines, isParted)
}

function joined(left: Segment, right: Segment): Omit<PdfLine, 'block'> {
  const longer = left.text.length >= right.text.length ? left : right
  const text = longer.isRtl ? `${right.text} ${left.text}` : `${left.text} ${right.text}`
  return { ...longer, text, x: left.x, right: right.right, isRow: true }
}

/** Groups close neighbouring lines of one size into blocks. */
function inBlocks(lines: readonly Omit<PdfLine, 'block'>[], isParted: (a: Segment, b: Segment) => boolean): PdfLine[] {
  const placed: PdfLine[] = []
  let block: { left: number; right: number } | undefined
  for (const [at, line] of lines.entries()) {
    const before = lines[at - 1]
    const goesOn =
      before !== undefined &&
      block !== undefined &&
      line.y < before.y &&
      before.y - line.y <= paragraphGap * line.size &&
      Math.abs(line.size - before.size) <= 0.5 &&
      line.x < block.right &&
      line.right > block.left &&
      Math.abs(line.x - block.left) < Math.max(6 * line.size, (block.right - block.left) / 2) &&
      !isParted(before, line)
    if (!goesOn || block === undefined) block = { left: line.x, right: line.right }
    block.left = Math.min(block.left, line.x)
    block.right = Math.max(block.right, line.right)
    placed.push({ ...line, block })
  }
  return placed
}

function isBeside(a: TextRun, b: TextRun): boolean {
  return Math.abs(a.y - b.y) <= sameLine * Math.max(a.size, b.size)
}

function isNear(a: TextRun, b: TextRun): boolean {
  const gap = b.x >= a.x ? b.x - a.right : a.x - b.right
  const size = Math.min(a.size, b.size)
  // Written from left to right, what goes back begins anew.
  if (b.x < a.x - size && !a.isRtl && !b.isRtl) return false
  return gap < wideGap * size && gap > -wideGap * 4 * size
}

function segmentOf(runs: readonly TextRun[]): Segment {
  const letters = { rtl: 0, all: 0 }
  const sizes = new Map<number, number>()
  for (const { text, size, isRtl } of runs) {
    letters.all += text.length
    if (isRtl) letters.rtl += text.length
    const rounded = Math.round(size * 2) / 2
    sizes.set(rounded, (sizes.get(rounded) ?? 0) + text.length)
  }
  const isRtl = letters.rtl * 2 > letters.all
  let text = ''
  let before: TextRun | undefined
  for (const run of isRtl ? inReadingOrder(runs) : runs) {
    const gap = before === undefined ? 0 : run.x >= before.x ? run.x - before.right : before.x - run.right
    if (gap > blankGap * run.size && !/\s$/.test(text) && !/^\s/.test(run.text)) text += ' '
    text += run.text
    before = run
  }
  const x = runs.reduce((least, run) => Math.min(least, run.x), Number.POSITIVE_INFINITY)
  const right = runs.reduce((most, run) => Math.max(most, run.right), Number.NEGATIVE_INFINITY)
  const y = runs.reduce((main, run) => (run.size > main.size ? run : main)).y
  return { text: text.replace(/\s+/g, ' ').trim(), x, y, right, size: mostOf(sizes), isRtl }
}

/** Orders runs from right to left; left-to-right runs inside, such as numbers and names, keep their order. */
function inReadingOrder(runs: readonly TextRun[]): TextRun[] {
  const sorted = runs.toSorted((a, b) => b.x - a.x)
  const ordered: TextRun[] = []
  let foreign: TextRun[] = []
  for (const run of sorted) {
    if (!run.isRtl && /[\p{L}\p{N}]/u.test(run.text)) {
      foreign.unshift(run)
      continue
    }
    ordered.push(...foreign, run)
    foreign = []
  }
  return [...ordered, ...foreign]
}

/** The key with the highest count. */
export function mostOf(counts: ReadonlyMap<number, number>): number {
  let [most, found] = [0, 0]
  for (const [key, count] of counts) if (count > most) [most, found] = [count, key]
  return found
}
