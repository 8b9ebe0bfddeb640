import { zipSync } from 'fflate'
import readSheets from 'read-excel-file/node'
import { type ExtractCaps, Unreadable } from '../text/caps.ts'
import { tableText } from '../text/table-text.ts'
import { noDoctype, titleOf } from './office-parts.ts'
import type { OpenZip } from './open-zip.ts'
import { hiddenSheets, jointHeader, percentStyles, shownCells } from './xlsx-cells.ts'

const needed =
  /^(?:\[Content_Types\]\.xml|_rels\/\.rels|docProps\/core\.xml|xl\/(?:workbook|styles|sharedStrings)\.xml|xl\/_rels\/[^/]+\.rels|xl\/worksheets\/[^/]+\.xml)$/i

export function isXlsx(zip: Pick<OpenZip, 'names'>): boolean {
  return zip.names.has('xl/workbook.xml')
}

/**
 * A workbook as Markdown: a heading and a table per sheet. Formulas are not computed; the file has their values.
 *
 * @throws Unreadable
 */
export async function readXlsx(zip: OpenZip, caps: ExtractCaps): Promise<{ text: string; title: string | null }> {
  const parts = await zip.read((name) => needed.test(name))
  noDoctype(parts, 'an Excel file as Excel')
  const sourceOf = (name: string) => Buffer.from(parts.get(name) ?? []).toString()
  const percents = percentStyles(sourceOf('xl/styles.xml'))
  const hidden = hiddenSheets(sourceOf('xl/workbook.xml'))
  for (const [name, bytes] of parts) {
    if (/\/worksheets\//.test(name)) parts.set(name, Buffer.from(shownCells(Buffer.from(bytes).toString(), percents)))
  }
  const buffer = Buffer.from(zipSync(Object.fromEntries(parts), { level: 0 }))
  const sheets = await readSheets(buffer).catch((cause: unknown) => {
    throw new Unreadable('The Excel file is broken: it cannot be read.', { cause })
  })
  const seen = sheets.filter(({ sheet }) => !hidden.has(sheet))
  const texts = seen.map(({ sheet, data }) => {
    const table = tableText(jointHeader(data.map((row) => row.map(valueText))), caps)
    return table === '' ? '' : `# ${sheet.replace(/\s+/g, ' ').trim()}\n\n${table}`
  })
  return { text: texts.filter((text) => text !== '').join('\n\n'), title: titleOf(parts.get('docProps/core.xml')) }
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
