import { elementsOf, xmlTree } from './xml-tree.ts'

/** Excel's predefined formats, which no workbook lists (ECMA-376, part 1, 18.8.30). */
const builtInPercents = new Set(['9', '10'])
const row = /<row\b[^>]*[^/>]>[\s\S]*?<\/row>/g
const cell = /<c\b([^>]*?)(?:\/>|>([\s\S]*?)<\/c>)/g
/** Merged areas of a sheet, at most; more belong to a drawing. */
const mergesMax = 10_000

/** Hidden sheets of the workbook. */
export function hiddenSheets(workbook: string): ReadonlySet<string> {
  const sheets = [...elementsOf(xmlTree(workbook), 'sheet')]
  return new Set(
    sheets.filter(({ attribs }) => /hidden/i.test(attribs.state ?? '')).map(({ attribs }) => attribs.name ?? ''),
  )
}

/** Cell styles, by number, that show a value in percent, with their decimal digits. */
export function percentStyles(stylesheet: string): ReadonlyMap<string, number> {
  const tree = xmlTree(stylesheet)
  const codes = new Map(
    [...elementsOf(tree, 'numFmt')].map(({ attribs }) => [attribs.numFmtId, attribs.formatCode ?? '']),
  )
  const [formats] = elementsOf(tree, 'cellXfs')
  const found = new Map<string, number>()
  for (const [at, { attribs }] of [...(formats === undefined ? [] : elementsOf(formats, 'xf'))].entries()) {
    const id = attribs.numFmtId ?? ''
    const code = codes.get(id) ?? (id === '10' ? '0.00%' : '0%')
    if (codes.has(id) ? !/%\s*(?:;|$)/.test(code) : !builtInPercents.has(id)) continue
    found.set(String(at), /\.(0+)%/.exec(code)?.[1]?.length ?? 0)
  }
  return found
}

/** The sheet with cells as displayed: shares in percent, and spanning cells repeated in each cell that they span. */
export function shownCells(sheet: string, percents: ReadonlyMap<string, number>): string {
  const merges = mergesOf(sheet)
  if (merges.length === 0 && percents.size === 0) return sheet
  const values = new Map<string, string>()
  return sheet.replace(row, (source) => {
    const number = /^<row\b[^>]*\sr="(\d+)"/.exec(source)?.[1]
    const cells = new Map<number, { readonly attributes: string; readonly content: string }>()
    for (const [, attributes = '', content = ''] of source.matchAll(cell)) {
      const place = /\sr="([A-Z]+)\d+"/.exec(attributes)?.[1]
      if (place === undefined) return source
      cells.set(columnOf(place), percent({ attributes, content }, percents))
    }
    for (const { left, right, top, bottom } of merges) {
      const at = Number(number)
      if (at < top || at > bottom) continue
      const own = cells.get(left)?.content ?? ''
      if (at === top && own !== '') values.set(`${top} ${left}`, `${cells.get(left)?.attributes}>${own}`)
      const value = values.get(`${top} ${left}`)
      // A line over all of the columns is said once.
      const isBand = [...cells].every(([column, { content }]) => content === '' || (column >= left && column <= right))
      if (value === undefined || (isBand && top === bottom)) continue
      const [attributes = '', content = ''] = [value.slice(0, value.indexOf('>')), value.slice(value.indexOf('>') + 1)]
      for (let column = left; column <= right; column += 1) {
        cells.set(column, { attributes: attributes.replace(/\sr="[^"]*"/, ` r="${lettersOf(column)}${at}"`), content })
      }
    }
    const opening = source.slice(0, source.indexOf('>') + 1)
    const written = [...cells].toSorted(([a], [b]) => a - b)
    return `${opening}${written.map(([, { attributes, content }]) => `<c${attributes}>${content}</c>`).join('')}</row>`
  })
}

/** Joins two header rows whose upper one spans columns of the lower: as in `Pressure / lowest`. */
export function jointHeader(all: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const rows = all.filter((cells) => cells.some((value) => value.trim() !== ''))
  const at = rows.findIndex((cells) => cells.filter((value) => value !== '').length > 1)
  const [upper, lower] = [rows[at], rows[at + 1]]
  if (upper === undefined || lower === undefined) return rows
  const spans = upper.some(
    (value, column) => value !== '' && value === upper[column + 1] && lower[column] !== lower[column + 1],
  )
  const isHeader = lower.every((value) => !/^[-+]?[\d.,:]+%?$/.test(value)) && rows.length > at + 2
  if (!spans || !isHeader) return rows
  const joint = upper.map((value, column) => [...new Set([value, lower[column] ?? ''])].filter(Boolean).join(' / '))
  return [...rows.slice(0, at), joint, ...rows.slice(at + 2)]
}

interface Merge {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

function mergesOf(sheet: string): Merge[] {
  const merges: Merge[] = []
  for (const [, left = '', top, right = '', bottom] of sheet.matchAll(
    /<mergeCell\b[^>]*\sref="([A-Z]+)(\d+):([A-Z]+)(\d+)"/g,
  )) {
    if (merges.length >= mergesMax) return []
    merges.push({ left: columnOf(left), right: columnOf(right), top: Number(top), bottom: Number(bottom) })
  }
  return merges
}

function percent(
  { attributes, content }: { readonly attributes: string; readonly content: string },
  percents: ReadonlyMap<string, number>,
): { attributes: string; content: string } {
  const digits = percents.get(/\ss="(\d+)"/.exec(attributes)?.[1] ?? '')
  const value = /<v>([^<]*)<\/v>/.exec(content)?.[1]
  if (digits === undefined || value === undefined || /\st="(?!n")/.test(attributes) || Number.isNaN(Number(value)))
    return { attributes, content }
  const plain = attributes.replace(/\s[st]="[^"]*"/g, '')
  return { attributes: `${plain} t="str"`, content: `<v>${Number((Number(value) * 100).toFixed(digits))}%</v>` }
}

/** The number of a column, from 1. */
export function columnOf(letters: string): number {
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0)
}

/** The letters of a column, as in `AB`. */
export function lettersOf(column: number): string {
  return (column > 26 ? lettersOf(Math.floor((column - 1) / 26)) : '') + String.fromCharCode(65 + ((column - 1) % 26))
}
