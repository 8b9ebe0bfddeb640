import type { Context } from './context.ts'
import { printable } from './printable.ts'
import type { ReadOptions } from './verb.ts'

type Row = Readonly<Record<string, unknown>>

/** Shows one document: as JSON on one line, or one field a line. */
export function showDocument(context: Context, options: ReadOptions, document: object): void {
  if (options.json) {
    context.writeJson(document)
    return
  }
  const fields = Object.entries(document).filter(([, value]) => value !== null && value !== undefined)
  const width = Math.max(0, ...fields.map(([name]) => name.length))
  for (const [name, value] of fields) context.write(`${printable(name).padEnd(width)}  ${plain(value)}`)
}

/** Shows a list: as one JSON document, or as a table of `columns` (title → value). */
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
  const rows = [
    Object.keys(columns),
    ...list.items.map((item) => Object.values(columns).map((cell) => plain(cell(item)))).map(shortened),
  ]
  const widths = Object.keys(columns).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  for (const row of rows)
    context.write(
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  if (list.nextCursor) context.remark('There are more: pass a larger --limit.')
}

/** Cells before the last one, at most: a long name would push all others off the screen. JSON has it whole. */
const cellMax = 80

function shortened(row: readonly string[]): readonly string[] {
  return row.map((cell, at) =>
    at === row.length - 1 || cell.length <= cellMax ? cell : `${cell.slice(0, cellMax - 1)}…`,
  )
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '—'
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value))
}
