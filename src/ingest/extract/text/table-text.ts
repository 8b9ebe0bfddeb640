import { type ExtractCaps, textTooLong } from './caps.ts'

/**
 * Rows as a Markdown table. The first row is its header; a single cell above it becomes a line. Without a header row
 * the header is empty, since Markdown requires one.
 */
export function tableText(
  rows: readonly (readonly string[])[],
  caps: Pick<ExtractCaps, 'textLength'>,
  hasHeader = true,
): string {
  const filled = rows.map((row) => row.map(cellText)).filter((row) => row.some((cell) => cell !== ''))
  const widest = filled.reduce((most, row) => Math.max(most, lastFilled(row)), 0)
  if (widest <= 1) return filled.map((row) => row.find((cell) => cell !== '') ?? '').join('\n')
  // Lines above the table proper: its title, a date.
  const headerAt = Math.max(
    0,
    filled.findIndex((row) => row.filter((cell) => cell !== '').length > 1),
  )
  const parts = filled.slice(0, headerAt).map((row) => row.find((cell) => cell !== '') ?? '')
  const rule = `|${' --- |'.repeat(widest)}`
  const lines = hasHeader ? [] : [`|${'  |'.repeat(widest)}`, rule]
  let length = 0
  for (const [at, row] of filled.slice(headerAt).entries()) {
    const width = at === 0 ? widest : Math.max(1, lastFilled(row))
    const line = `| ${Array.from({ length: width }, (_, column) => row[column] ?? '').join(' | ')} |`
    length += line.length
    if (length > caps.textLength) throw textTooLong(caps)
    lines.push(line)
    if (at === 0 && hasHeader) lines.push(rule)
  }
  return [...parts, lines.join('\n')].join('\n\n')
}

/** A cell's words on one line, without characters that would end the cell. */
export function cellText(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/\\?\|/g, '\\|')
}

function lastFilled(row: readonly string[]): number {
  return row.findLastIndex((cell) => cell !== '') + 1
}
