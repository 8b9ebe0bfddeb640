import { GeneratedId, Moment, shortIds, Whole } from './cell.ts'
import type { Context } from './context.ts'
import { printable } from './printable.ts'
import { relativeTime, timeWords } from './relative-time.ts'
import { fittedTable, wrapped } from './table.ts'
import type { ReadOptions } from './verb.ts'

type Row = Readonly<Record<string, unknown>>

/**
 * Shows one document: as JSON on one line, or one field a line. On a terminal, times are relative too, fields of fields
 * are in words, and long values continue below themselves; in a pipe each is one line, uncut.
 */
export function showDocument(context: Context, options: ReadOptions, document: object): void {
  if (options.json) {
    context.writeJson(document)
    return
  }
  const fields = Object.entries(document).filter(([, value]) => value !== null && value !== undefined)
  const names = Math.max(0, ...fields.map(([name]) => name.length))
  const columns = context.columns()
  for (const [name, value] of fields) {
    const first = `${printable(name).padEnd(names)}  `
    if (columns === undefined) context.write(`${first}${plain(value)}`)
    else for (const line of wrapped(worded(value), first, ' '.repeat(names + 2), columns)) context.write(line)
  }
}

/**
 * Shows a list: as one JSON document, or as a table of `columns` (title → value). On a terminal the table fits it; in a
 * pipe its cells are whole, separated by tabs, and its columns always the same.
 */
export function showList<T extends Row>(
  context: Context,
  options: ReadOptions,
  list: { readonly items: readonly T[]; readonly nextCursor?: string | null },
  columns: Readonly<Record<string, (item: T) => unknown>>,
): void {
  if (options.json) {
    context.writeJson(list)
    return
  }
  if (list.items.length === 0) {
    context.remark('Nothing found.')
    return
  }
  const titles = Object.keys(columns)
  const cells = list.items.map((item) => Object.values(columns).map((cell) => cell(item)))
  const width = context.columns()
  if (width === undefined) {
    for (const row of [titles, ...cells.map((row) => row.map(piped))]) context.writeAsIs(`${row.join('\t')}\n`)
  } else {
    const short = shortIds(cells.flat().flatMap((cell) => (cell instanceof GeneratedId ? [cell.id] : [])))
    const rows = cells.map((row) => row.map((cell) => shown(cell, short)))
    const whole = titles.flatMap((_, at) => (cells.every((row) => isWhole(row[at])) ? [at] : []))
    const { lines, left } = fittedTable({ titles, rows, whole: new Set(whole) }, width)
    for (const line of lines) context.write(line)
    if (left.length > 0) context.remark(`Not shown, for want of room: ${left.join(', ')}. --json has all.`)
  }
  if (list.nextCursor) context.remark('There are more: pass a larger --limit.')
}

/** A cell as a script cuts it out of a line. */
function piped(cell: unknown): string {
  if (cell instanceof Moment) return printable(cell.iso)
  if (cell instanceof GeneratedId) return printable(cell.id)
  if (cell instanceof Whole) return printable(cell.text)
  return cell === null || cell === undefined ? '' : plain(cell)
}

function shown(cell: unknown, short: (id: string) => string): string {
  if (cell instanceof Moment) return printable(relativeTime(cell.iso))
  if (cell instanceof GeneratedId) return printable(short(cell.id))
  if (cell instanceof Whole) return printable(cell.text)
  return plain(cell)
}

function isWhole(cell: unknown): boolean {
  if (cell === null || cell === undefined || typeof cell === 'number') return true
  return cell instanceof Moment || cell instanceof GeneratedId || cell instanceof Whole
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** A value for a person: `kind pool, index tenant-router-pool-1`. */
function worded(value: unknown): string {
  if (typeof value === 'string' && time.test(value)) return timeWords(value)
  if (Array.isArray(value)) return value.length === 0 ? '—' : value.map(worded).join('; ')
  if (typeof value !== 'object' || value === null) return plain(value)
  const fields = Object.entries(value).filter(([, one]) => one !== null && one !== undefined)
  return fields.length === 0 ? '—' : fields.map(([name, one]) => `${printable(name)} ${worded(one)}`).join(', ')
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '—'
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value))
}
