import { zipSync } from 'fflate'
import readSheets from 'read-excel-file/node'
import { type ExtractCaps, Unreadable } from '../text/caps.ts'
import { tableText } from '../text/table-text.ts'
import { noDoctype, titleOf } from './office-parts.ts'
import type { OpenZip } from './open-zip.ts'
import { columnOf, hiddenSheets, jointHeader, percentStyles, shownCells } from './xlsx-cells.ts'
import { type CellComments, cellComments, sheetFiles } from './xlsx-comments.ts'
import { type SeenSheet, seenSheet } from './xlsx-hidden.ts'

const needed =
  /^(?:\[Content_Types\]\.xml|_rels\/\.rels|docProps\/core\.xml|xl\/(?:workbook|styles|sharedStrings)\.xml|xl\/_rels\/[^/]+\.rels|xl\/worksheets\/[^/]+\.xml)$/i
const noting =
  /^xl\/(?:worksheets\/_rels\/[^/]+\.rels|comments[^/]*\.xml|comments\/[^/]+\.xml|threadedComments\/[^/]+\.xml|persons\/[^/]+\.xml)$/i

export function isXlsx(zip: Pick<OpenZip, 'names'>): boolean {
  return zip.names.has('xl/workbook.xml')
}

/**
 * A workbook as Markdown: a heading and a table per sheet, with comments in their cells. Formulas are not computed; the
 * file has their values. What its author has hidden is left out, and named.
 *
 * @throws Unreadable
 */
export async function readXlsx(zip: OpenZip, caps: ExtractCaps): Promise<{ text: string; title: string | null }> {
  const parts = await zip.read((name) => needed.test(name) || noting.test(name))
  noDoctype(parts, 'an Excel file as Excel')
  const sourceOf = (name: string) => Buffer.from(parts.get(name) ?? []).toString()
  const percents = percentStyles(sourceOf('xl/styles.xml'))
  const hidden = hiddenSheets(sourceOf('xl/workbook.xml'))
  const files = sheetFiles(sourceOf('xl/workbook.xml'), sourceOf('xl/_rels/workbook.xml.rels'))
  const seen = new Map<string, SeenSheet>()
  const cells: Record<string, Uint8Array> = {}
  for (const [name, bytes] of parts) {
    if (noting.test(name)) continue
    cells[name] = bytes
    if (!/\/worksheets\//.test(name)) continue
    const one = seenSheet(sourceOf(name))
    seen.set(name, one)
    cells[name] = Buffer.from(shownCells(one.xml, percents))
  }
  const sheets = await readSheets(Buffer.from(zipSync(cells, { level: 0 }))).catch((cause: unknown) => {
    throw new Unreadable('The Excel file is broken: it cannot be read.', { cause })
  })
  const shown = sheets.filter(({ sheet }) => !hidden.has(sheet))
  const texts = shown.map(({ sheet, data }) => {
    const file = files.get(sheet) ?? ''
    const rows = data.map((row) => row.map(valueText))
    const apart = addComments(rows, cellComments(file, sourceOf), seen.get(file))
    const table = tableText(jointHeader(rows), caps)
    const below = [...apart, ...notRead(seen.get(file)?.hidden ?? [])].join('\n\n')
    if (table === '' && below === '') return ''
    return [`# ${sheet.replace(/\s+/g, ' ').trim()}`, table, below].filter((part) => part !== '').join('\n\n')
  })
  const isEmpty = shown.every(({ data }) => data.flat().every((value) => value === null))
  const unread = notRead([...hidden].map((sheet) => `sheet ${sheet}`))
  const text = isEmpty ? '' : [...texts, ...unread].filter((part) => part !== '').join('\n\n')
  return { text, title: titleOf(parts.get('docProps/core.xml')) }
}

/** Tells who reads the text that there is more in the file. */
function notRead(hidden: readonly string[]): string[] {
  return hidden.length === 0 ? [] : [`Hidden in the workbook and not read: ${hidden.join(', ')}.`]
}

/** Puts each comment into its cell. @returns those on cells beyond the table. */
function addComments(rows: readonly string[][], comments: CellComments, seen: SeenSheet | undefined): string[] {
  const apart: string[] = []
  for (const [place, comment] of comments) {
    const [, letters = '', number = ''] = /^([A-Z]+)(\d+)$/.exec(place) ?? []
    const at = columnOf(letters)
    if (seen?.leavesOut(at, Number(number))) continue
    const row = rows[Number(number) - 1]
    const value = row?.[at - 1]
    if (row === undefined || value === undefined) apart.push(`${place}: ${comment}`)
    else row[at - 1] = value === '' ? comment : `${value} (${comment})`
  }
  return apart
}

function valueText(value: unknown): string {
  if (value instanceof Date) return dateText(value)
  // A sum of fractions has digits that no sheet shows.
  if (typeof value === 'number') return String(Number(value.toPrecision(12)))
  return value === null || value === undefined ? '' : String(value)
}

/** The day that sheets count from: a value on it or before is a time without a day. */
const dayZero = Date.UTC(1899, 11, 30)
const day = 86_400_000

/**
 * Formats as `2026-03-01`, `2026-03-01 14:05`, `09:30`. A sheet's times are fractions of a day, slightly off the
 * second.
 */
function dateText(date: Date): string {
  const time = Math.round(date.getTime() / 1000) * 1000
  if (time >= dayZero && time < dayZero + 2 * day) {
    const seconds = (time - dayZero) / 1000
    return clock(Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60)
  }
  const whole = new Date(time)
  const [dayText = ''] = whole.toISOString().split('T')
  if (time % day === 0) return dayText
  return `${dayText} ${clock(whole.getUTCHours(), whole.getUTCMinutes(), whole.getUTCSeconds())}`
}

function clock(hours: number, minutes: number, seconds: number): string {
  const parts = seconds === 0 ? [hours, minutes] : [hours, minutes, seconds]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
