import stringWidth from 'string-width'

/** A table whose cells are text already. */
export interface TextTable {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns by number that are not cut: ids, times, numbers. */
  readonly whole: ReadonlySet<number>
}

const gap = 2
/** A cut column keeps this much, so that it still tells rows apart. */
const leastWidth = 10
/** Ids that are longer than this are cut too, or one would push all else off the screen. */
const leastWholeWidth = 36

/**
 * Lines of a table that fit `width`: the widest texts are cut with `…` first; where that is not enough, the columns
 * before the last one go, from the right. @returns also the titles that went.
 */
export function fittedTable(
  table: TextTable,
  width: number,
): { readonly lines: readonly string[]; readonly left: string[] } {
  const all = [table.titles, ...table.rows]
  const natural = table.titles.map((_, at) => Math.max(...all.map((row) => stringWidth(row[at] ?? ''))))
  const least = natural.map((one, at) =>
    Math.min(one, table.whole.has(at) ? leastWholeWidth : Math.max(leastWidth, stringWidth(table.titles[at] ?? ''))),
  )
  const shown = table.titles.map((_, at) => at)
  const left: string[] = []
  const needed = () => shown.reduce((sum, at) => sum + (least[at] ?? 0), 0) + gap * (shown.length - 1)
  while (needed() > width && shown.length > 2) {
    const [gone] = shown.splice(shown.length - 2, 1)
    left.unshift(table.titles[gone ?? 0] ?? '')
  }
  const widths = shrunk(
    shown.map((at) => natural[at] ?? 0),
    shown.map((at) => least[at] ?? 0),
    width - gap * (shown.length - 1),
  )
  const lines = all.map((row) => shown.map((at, n) => padded(cut(row[at] ?? '', widths[n] ?? 0), widths[n] ?? 0)))
  return { lines: lines.map((cells) => cells.join(' '.repeat(gap)).trimEnd()), left }
}

/** Takes from the widest that may give, a character at a time, until all fit. */
function shrunk(natural: readonly number[], least: readonly number[], room: number): readonly number[] {
  const widths = [...natural]
  for (let sum = widths.reduce((a, b) => a + b, 0); sum > room; sum -= 1) {
    let widest = -1
    for (const [at, width] of widths.entries())
      if (width > (least[at] ?? 0) && (widest < 0 || width > (widths[widest] ?? 0))) widest = at
    if (widest < 0) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

const segmenter = new Intl.Segmenter()

/** The text, or as much of it as fits with an ellipsis. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    used += stringWidth(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)))
}

/** Wraps between words; a word longer than a line gets a line of its own. */
export function wrapped(text: string, first: string, below: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = first
  let isEmpty = true
  // The program's name stays with its verb, by which a line is recognized as holding a command.
  for (const word of text.split(/(?<!\btenant-router) /)) {
    if (!isEmpty && stringWidth(line) + 1 + stringWidth(word) > width) {
      lines.push(line)
      line = below
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}
