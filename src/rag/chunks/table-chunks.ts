import type { Range } from './chunk-gather.ts'
import { trimmed } from './chunk-gather.ts'
import { atBorders } from './chunk-pieces.ts'
import { sizeOf } from './chunk-size.ts'
import { cellsOf, type MarkdownTable, wordsOfCell } from './markdown-tables.ts'

/** A part of a table, with the text repeated before it that gives its cells their meaning. */
export interface TablePart extends Range {
  readonly above: string
}

/** Longest first cell that is repeated before the cells of a long row. */
const keyLengthMax = 80

/** Splits a table between its rows; each part has the header above its rows. */
export function* tableParts(text: string, table: MarkdownTable, budget: number): Generator<TablePart | undefined> {
  const header = text.slice(table.start, table.rows)
  const left = budget - cost(header)
  if (left < budget / 2) return yield* wideTableParts(text, table, budget)
  let isFirst = true
  for (const range of atBorders(text, { start: table.rows, end: table.end }, { budget: left, overlap: 0 })) {
    if (range === undefined) yield undefined
    else yield isFirst ? { start: table.start, end: range.end, above: '' } : { ...range, above: header }
    isFirst &&= range === undefined
  }
}

/**
 * Splits a table whose header leaves too little space: the header is repeated column by column, and each part has some
 * cells of one row.
 */
function* wideTableParts(text: string, table: MarkdownTable, budget: number): Generator<TablePart | undefined> {
  const headerEnd = text.indexOf('\n', table.start) + 1
  const columns = cellsOf(text, { start: table.start, end: headerEnd }).map((cell) => wordsOfCell(text, cell))
  for (const range of atBorders(text, { start: table.start, end: table.rows }, { budget, overlap: 0 })) {
    yield range && { ...range, above: '' }
  }
  for (let at = table.rows; at < table.end; ) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 || newline >= table.end ? table.end : newline + 1
    yield* rowParts(text, { start: at, end }, columns, budget)
    at = end
  }
}

function* rowParts(
  text: string,
  row: Range,
  columns: readonly string[],
  budget: number,
): Generator<TablePart | undefined> {
  const cells = cellsOf(text, row)
  const first = cells[0] === undefined ? '' : wordsOfCell(text, cells[0])
  const key = first.length <= keyLengthMax && cells.length > 1 ? first : undefined
  const aboveOf = (from: number, to: number): string => {
    const names = columns.slice(from, to)
    if (key !== undefined && from > 0) names.unshift(columns[0] ?? '')
    return `| ${names.join(' | ')} |\n|${'---|'.repeat(names.length)}\n| ${key !== undefined && from > 0 ? `${key} | ` : ''}`
  }
  for (let from = 0; from < cells.length; ) {
    const start = from === 0 ? row.start : (cells[from]?.start ?? row.start)
    const costOf = (to: number) => cost(aboveOf(from, to)) + cost(text.slice(start, cells[to - 1]?.end))
    let to = from + 1
    while (to < cells.length && costOf(to + 1) <= budget) to += 1
    const range = trimmed(text, { start, end: cells[to - 1]?.end ?? row.end })
    const above = costOf(to) <= budget || cost(aboveOf(from, to)) <= budget / 2 ? aboveOf(from, to) : ''
    const left = budget - cost(above)
    for (const part of atBorders(text, range, { budget: left, overlap: 0 })) yield part && { ...part, above }
    from = to
  }
}

function cost(text: string): number {
  const { tokens, bytes } = sizeOf(text)
  return Math.max(tokens, Math.ceil(bytes / 8))
}
