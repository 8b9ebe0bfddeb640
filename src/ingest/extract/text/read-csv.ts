import papaparse from 'papaparse'
import type { ExtractCaps } from './caps.ts'
import { tableText } from './table-text.ts'

/** Delimiters that may occur on every line by accident, and therefore need more columns. */
const columnsMin: Readonly<Record<string, number>> = { ';': 2, '\t': 2, '|': 3, ',': 3 }
const sampleRows = 20
const rowsMin = 3

/** Rows of a CSV file as a Markdown table; the delimiter is detected. */
export function readCsv(text: string, caps: Pick<ExtractCaps, 'textLength'>): string {
  const { data } = papaparse.parse<string[]>(text.replace(/^sep=.\r?\n/i, ''), { skipEmptyLines: 'greedy' })
  return tableText(data, caps, hasHeader(data))
}

/**
 * Whether the first row names the columns. It does not if it has a number or a date in every column where the rows
 * below do, and in at least one; years above a table name its columns.
 */
function hasHeader(rows: readonly (readonly string[])[]): boolean {
  const [first, ...below] = rows.slice(0, sampleRows)
  if (first === undefined || below.length < 2 || below.some((row) => row.length !== first.length)) return true
  const values = first.filter((_, column) => below.every((row) => isValue(row[column] ?? '')))
  return (
    values.length === 0 || values.some((cell) => !isValue(cell)) || values.every((cell) => /^(?:19|20)\d\d$/.test(cell))
  )
}

function isValue(cell: string): boolean {
  return /\d/.test(cell) && /^[-+]?[\d.,:/ T\u00a0-]+(?:Z|%| ?[\u20ac$\u00a3])?$/.test(cell.trim())
}

/** Whether the first lines have equal columns; the last of them may be cut off. */
export function looksLikeCsv(head: string): boolean {
  const { data, meta, errors } = papaparse.parse<string[]>(head, { preview: sampleRows, skipEmptyLines: true })
  const rows = data.length < sampleRows ? data.slice(0, data.length - (head.endsWith('\n') ? 0 : 1)) : data
  const columns = rows[0]?.length ?? 0
  if (
    errors.length > 0 ||
    rows.length < rowsMin ||
    columns < (columnsMin[meta.delimiter] ?? Number.POSITIVE_INFINITY)
  ) {
    return false
  }
  // Cells of a table are short; lines of prose may have as many commas by accident.
  return rows.every((row) => row.length === columns && row.every((cell) => cell.length < 200))
}
