import { cellText } from '../text/table-text.ts'

/** A block of text. */
export interface Block {
  readonly text: string
  /** Its words without markup, for a table cell. */
  readonly words: string
  readonly kind: 'heading' | 'item' | 'row' | 'text'
  /** Blocks of one group stand close together: items of a list, rows of a table. */
  readonly group: string
}

export interface TableCell {
  readonly blocks: Block[]
  readonly isHeader: boolean
  readonly columns: number
  readonly rows: number
}

export interface TableRow {
  readonly cells: TableCell[]
  readonly isHead: boolean
}

/** Columns that a cell may span, at most; its rows are limited only by the table. */
const columnsMax = 50
/** Thresholds of blocks and characters: a table of that much prose without a header row is a page layout. */
const proseBlocks = 4
const proseLength = 400

/** Whether a table only lays out the page: its cells are then read one after the other, with their own headings. */
export function isLayout(rows: readonly TableRow[], role: string | undefined): boolean {
  if (role === 'presentation' || role === 'none') return true
  const cells = rows.flatMap((row) => row.cells)
  if (cells.some(({ blocks }) => blocks.some(({ kind }) => kind === 'row'))) return true
  if (cells.some(({ blocks }) => blocks.length > 1 && blocks.some(({ kind }) => kind === 'heading'))) return true
  if (cells.some(({ isHeader }) => isHeader) || rows.some(({ isHead }) => isHead)) return false
  const isProse = ({ blocks }: TableCell) =>
    blocks.length >= proseBlocks && blocks.reduce((sum, { words }) => sum + words.length, 0) > proseLength
  return rows.every((row) => row.cells.filter(({ blocks }) => blocks.length > 0).length <= 1) || cells.some(isProse)
}

/**
 * The lines of a table: one header row, whose cells combine all the headers above them, and the rows with their spans.
 */
export function tableLines(rows: readonly TableRow[]): string[] {
  const grid = filledGrid(rows)
  const width = grid.reduce((most, { cells }) => Math.max(most, cells.length), 0)
  if (width === 0) return []
  const body = grid.findIndex(({ isHead }) => !isHead)
  const heads = body < 0 ? Math.min(1, grid.length) : body
  const below = grid.slice(heads)
  // Headers at the left say what a row is; the first row is one like the others.
  const isByRows = heads === 0 && below.filter(({ cells }) => cells[0]?.isHeader).length > 1
  const header = isByRows
    ? Array<string>(width).fill('')
    : headerOf(heads === 0 ? grid.slice(0, 1) : grid.slice(0, heads), width)
  const lines = [lineOf(header, width), `|${' --- |'.repeat(width)}`]
  for (const { cells } of heads === 0 && !isByRows ? below.slice(1) : below) {
    const words = cells.map(({ text }) => text)
    const isBand = new Set(words).size === 1 && words.length > 1 && cells[0]?.isSpan
    if (words.some((word) => word !== '')) lines.push(lineOf(isBand ? words.slice(0, 1) : words, width))
  }
  return lines
}

interface GridCell {
  readonly text: string
  readonly isHeader: boolean
  readonly isSpan: boolean
}

/** Rows with each cell repeated in all columns and rows that it spans. */
function filledGrid(rows: readonly TableRow[]): { cells: GridCell[]; isHead: boolean }[] {
  const below = new Map<number, { cell: GridCell; left: number }>()
  return rows.flatMap(({ cells, isHead }) => {
    const filled: GridCell[] = []
    const fromAbove = (): void => {
      for (let span = below.get(filled.length); span !== undefined; span = below.get(filled.length)) {
        if (span.left <= 1) below.delete(filled.length)
        else span.left -= 1
        filled.push(span.cell)
      }
    }
    for (const { blocks, isHeader, columns, rows: height } of cells) {
      fromAbove()
      const isSpan = columns > 1
      const cell = { text: cellText(blocks.map(({ words }) => words).join(' ')), isHeader, isSpan }
      for (let column = 0; column < Math.min(columns, columnsMax); column += 1) {
        if (height > 1) below.set(filled.length, { cell, left: height - 1 })
        filled.push(cell)
      }
    }
    fromAbove()
    if (filled.every(({ text }) => text === '')) return []
    return [{ cells: filled, isHead: isHead || filled.every((cell) => cell.isHeader) }]
  })
}

/** The headers above each column, from the top: as in `Pressure / lowest`. */
function headerOf(rows: readonly { readonly cells: readonly GridCell[] }[], width: number): string[] {
  return Array.from({ length: width }, (_, column) => {
    const words = rows.map(({ cells }) => cells[column]?.text ?? '').filter((word) => word !== '')
    return [...new Set(words)].join(' / ')
  })
}

function lineOf(words: readonly string[], width: number): string {
  const cells = Math.max(words.length, Math.min(width, columnsMax))
  return `| ${Array.from({ length: cells }, (_, column) => words[column] ?? '').join(' | ')} |`
}
