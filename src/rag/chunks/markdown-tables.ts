import type { Range } from './chunk-gather.ts'

/** A table of GitHub's Markdown: `start` to `rows` are its header and the line under it, `rows` to `end` its rows. */
export interface MarkdownTable extends Range {
  readonly rows: number
}

const delimiter = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/

/** The tables within a part of a text, in order. */
export function* tablesIn(text: string, { start, end }: Range): Generator<MarkdownTable> {
  let above: Range | undefined
  let table: { start: number; rows: number } | undefined
  for (let at = start; at < end; ) {
    const newline = text.indexOf('\n', at)
    const next = newline < 0 || newline >= end ? end : newline + 1
    const line = text.slice(at, next).trimEnd()
    if (table !== undefined && line === '') {
      yield { ...table, end: at }
      table = undefined
    }
    if (table === undefined && above !== undefined && line.includes('|') && delimiter.test(line)) {
      if (text.slice(above.start, above.end).includes('|')) table = { start: above.start, rows: next }
    }
    above = line === '' ? undefined : { start: at, end: next }
    at = next
  }
  if (table !== undefined) yield { ...table, end }
}

/** The cells of a row, each up to the start of the next. */
export function cellsOf(text: string, { start, end }: Range): Range[] {
  const cells: Range[] = []
  const line = text.slice(start, end)
  let from = /^[ \t]*\|?/.exec(line)?.[0].length ?? 0
  for (const { 0: mark, index } of line.matchAll(/\\.|\|/g)) {
    if (mark !== '|' || index < from) continue
    cells.push({ start: start + from, end: start + index + 1 })
    from = index + 1
  }
  if (line.slice(from).trim() !== '') cells.push({ start: start + from, end })
  return cells
}

/** A cell's words. */
export function wordsOfCell(text: string, { start, end }: Range): string {
  return text
    .slice(start, end)
    .replace(/\|\s*$/, '')
    .trim()
}
