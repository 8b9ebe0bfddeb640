import { zipSync } from 'fflate'
import readSheets from 'read-excel-file/node'
import { type ExtractCaps, Unreadable } from '../text/caps.ts'
import { tableText } from '../text/table-text.ts'
import { noDoctype, titleOf } from './office-parts.ts'
import type { OpenZip } from './open-zip.ts'

const needed =
  /^(?:\[Content_Types\]\.xml|_rels\/\.rels|docProps\/core\.xml|xl\/(?:workbook|styles|sharedStrings)\.xml|xl\/_rels\/[^/]+\.rels|xl\/worksheets\/[^/]+\.xml)$/i

export function isXlsx(zip: Pick<OpenZip, 'names'>): boolean {
  return zip.names.has('xl/workbook.xml')
}

/**
 * A workbook as Markdown: a heading and a table for each sheet. Formulas are not computed; their values are in the file.
 *
 * @throws Unreadable
 */
export async function readXlsx(zip: OpenZip, caps: ExtractCaps): Promise<{ text: string; title: string | null }> {
  const parts = await zip.read((name) => needed.test(name))
  noDoctype(parts, 'an Excel file as Excel')
  const buffer = Buffer.from(zipSync(Object.fromEntries(parts), { level: 0 }))
  const sheets = await readSheets(buffer).catch((cause: unknown) => {
    throw new Unreadable('The Excel file is broken: it cannot be read.', { cause })
  })
  const texts = sheets.map(({ sheet, data }) => {
    const table = tableText(
      data.map((row) => row.map(valueText)),
      caps,
    )
    return table === '' ? '' : `# ${sheet.replace(/\s+/g, ' ').trim()}\n\n${table}`
  })
  return { text: texts.filter((text) => text !== '').join('\n\n'), title: titleOf(parts.get('docProps/core.xml')) }
}

function valueText(value: unknown): string {
  if (value instanceof Date)
    return value
      .toISOString()
      .replace(/T00:00:00\.000Z$/, '')
      .replace(/\.000Z$/, 'Z')
  // A sum of fractions has digits that no sheet shows.
  if (typeof value === 'number') return String(Number(value.toPrecision(12)))
  return value === null || value === undefined ? '' : String(value)
}
