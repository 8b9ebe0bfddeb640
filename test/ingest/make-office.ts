import { strToU8, type Zippable, zipSync } from 'fflate'

export const packed = (files: Readonly<Record<string, string>>): Uint8Array =>
  zipSync(
    Object.fromEntries(Object.entries(files).map(([name, text]): [string, Zippable[string]] => [name, strToU8(text)])),
  )

export const relation = (id: string, kind: string, target: string) =>
  `<Relationship Id="${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${kind}" Target="${target}"/>`
export const relations = (...all: string[]) =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${all.join('')}</Relationships>`

export const sheet = (...rows: readonly (readonly (string | number)[])[]) =>
  `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows
    .map((cells, row) => {
      const written = cells.map((cell, column) => {
        const place = `${'ABC'[column]}${row + 1}`
        return typeof cell === 'number'
          ? `<c r="${place}"><v>${cell}</v></c>`
          : `<c r="${place}" t="inlineStr"><is><t>${cell}</t></is></c>`
      })
      return `<row r="${row + 1}">${written.join('')}</row>`
    })
    .join('')}</sheetData></worksheet>`
/** @param hidden names of sheets. @param more further files of the workbook. */
export const xlsx = (
  sheets: Readonly<Record<string, string>>,
  { hidden = [], more = {} }: { hidden?: readonly string[]; more?: Readonly<Record<string, string>> } = {},
) => {
  const names = Object.keys(sheets)
  return packed({
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    '_rels/.rels': relations(relation('r1', 'officeDocument', 'xl/workbook.xml')),
    'xl/workbook.xml': `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
      xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>${names.map(
        (name, at) =>
          `<sheet name="${name}" sheetId="${at + 1}" r:id="s${at}"${hidden.includes(name) ? ' state="hidden"' : ''}/>`,
      )}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations(
      ...names.map((_, at) => relation(`s${at}`, 'worksheet', `worksheets/sheet${at + 1}.xml`)),
    ),
    ...Object.fromEntries(names.map((name, at) => [`xl/worksheets/sheet${at + 1}.xml`, sheets[name] ?? ''])),
    ...more,
  })
}

export const odt = (body: string) =>
  packed({
    mimetype: 'application/vnd.oasis.opendocument.text',
    'content.xml': `<office:document-content><office:automatic-styles><text:list-style style:name="L1">
      <text:list-level-style-number text:level="1" style:num-format="a"/></text:list-style></office:automatic-styles>
      <office:body><office:text>${body}</office:text></office:body></office:document-content>`,
    'meta.xml': '<office:meta><dc:title>Care &amp; repair</dc:title></office:meta>',
  })
