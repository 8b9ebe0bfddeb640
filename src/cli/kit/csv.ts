import Papa from 'papaparse'

/**
 * Rows as CSV for a spreadsheet. A text that a spreadsheet would take for a formula gets an apostrophe before it, which
 * an import takes off again.
 */
export function csvOf(rows: readonly Readonly<Record<string, unknown>>[], columns: readonly string[]): string {
  return Papa.unparse([...rows], { columns: [...columns], escapeFormulae: true, newline: '\n' })
}
