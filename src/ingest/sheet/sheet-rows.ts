import { zipSync } from 'fflate'
import papaparse from 'papaparse'
import readSheets from 'read-excel-file/node'
import { noDoctype } from '../extract/office/office-parts.ts'
import { openZip } from '../extract/office/open-zip.ts'
import { hiddenSheets } from '../extract/office/xlsx-cells.ts'
import { extractCaps, Unreadable } from '../extract/text/caps.ts'
import { charsetOf, decodeText } from '../extract/text/decode-text.ts'
import type { FileInput } from '../extractor.ts'

/** A line of a table as it stands in the file. */
export interface SheetRow {
  /** From 1, as an editor or Excel numbers it. */
  readonly line: number
  readonly cells: readonly string[]
}

/** Lines of one table, beside its header. */
const sheetRowsMax = 10_000
const columnsMax = 100
const cellMax = 2_000
const needed =
  /^(?:\[Content_Types\]\.xml|_rels\/\.rels|xl\/(?:workbook|styles|sharedStrings)\.xml|xl\/_rels\/[^/]+\.rels|xl\/worksheets\/[^/]+\.xml)$/i

/**
 * The rows of a table: CSV with commas, semicolons or tabs in any charset that `decodeText` knows, or the first visible
 * sheet of an Excel workbook. Empty lines are left out. Formulas are not computed; a workbook has their values.
 *
 * @throws Unreadable
 */
export async function sheetRows(file: FileInput): Promise<readonly SheetRow[]> {
  const { bytes } = file
  const rows = isZip(bytes) ? await workbookRows(bytes) : textRows(bytes, file.contentType)
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell !== ''))
  if (filled.length > sheetRowsMax + 1) {
    throw new Unreadable(`The table has more than ${sheetRowsMax} rows. Split it.`)
  }
  for (const { line, cells } of filled) {
    if (cells.length > columnsMax) throw new Unreadable(`Line ${line} has more than ${columnsMax} columns.`)
    if (cells.some((cell) => cell.length > cellMax)) {
      throw new Unreadable(`Line ${line} has a cell with more than ${cellMax} characters. Is a quote missing?`)
    }
  }
  return filled
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04
}

/** The mark of Office's formats before 2007, and of workbooks with a password. */
function isOldOffice(bytes: Uint8Array): boolean {
  return bytes[0] === 0xd0 && bytes[1] === 0xcf && bytes[2] === 0x11 && bytes[3] === 0xe0
}

function textRows(bytes: Uint8Array, contentType: string | undefined): readonly SheetRow[] {
  if (isOldOffice(bytes)) {
    throw new Unreadable('The workbook is in an old format, or has a password. Save it as .xlsx or CSV without one.')
  }
  const text = decodeText(bytes, charsetOf(contentType)).replace(/^\ufeff/, '')
  const separator = /^sep=(.)\r?\n/i.exec(text)
  const table = separator === null ? text : text.slice(separator[0].length)
  const { data, errors } = papaparse.parse<string[]>(table, { delimiter: separator?.[1] ?? delimiterOf(table) })
  const [fault] = errors.filter(({ type }) => type === 'Quotes')
  if (fault !== undefined) throw new Unreadable(`Row ${(fault.row ?? 0) + 1} has a quote that does not end.`)
  let line = separator === null ? 1 : 2
  return data.map((cells) => {
    const row = { line, cells: cells.map((cell) => cell.trim()) }
    line += 1 + cells.reduce((breaks, cell) => breaks + (cell.match(/\n/g)?.length ?? 0), 0)
    return row
  })
}

/** The sign between the names of the columns. papaparse would guess by all rows, and fail on a last one that is empty. */
function delimiterOf(table: string): string {
  const header =
    table
      .trimStart()
      .split(/\r?\n/, 1)[0]
      ?.replaceAll(/"(?:[^"]|"")*"/g, '') ?? ''
  const count = (sign: string) => header.split(sign).length
  return [',', ';', '\t', '|'].reduce((best, sign) => (count(sign) > count(best) ? sign : best))
}

async function workbookRows(bytes: Uint8Array): Promise<readonly SheetRow[]> {
  const zip = await openZip(bytes, extractCaps)
  if (!zip.names.has('xl/workbook.xml')) {
    throw new Unreadable('The file is packed and no Excel workbook. Send .xlsx or CSV.')
  }
  const parts = await zip.read((name) => needed.test(name))
  noDoctype(parts, 'an Excel file as Excel')
  const hidden = hiddenSheets(Buffer.from(parts.get('xl/workbook.xml') ?? []).toString())
  const sheets = await readSheets(Buffer.from(zipSync(Object.fromEntries(parts), { level: 0 }))).catch(
    (cause: unknown) => {
      throw new Unreadable('The Excel file is broken: it cannot be read.', { cause })
    },
  )
  const [first] = sheets.filter(({ sheet, data }) => !hidden.has(sheet) && data.length > 0)
  return (first?.data ?? []).map((cells, at) => ({ line: at + 1, cells: cells.map(cellText) }))
}

/** Dates come as such: a day is written as one, as in 2026-11-30. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (!(value instanceof Date)) return String(value).trim()
  if (Number.isNaN(value.getTime())) return ''
  const text = value.toISOString()
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text
}
