import Papa from 'papaparse'
import { CliError } from '../../kit/exit-code.ts'

/**
 * Reads a map of namespaces to tenants: CSV with a first line that names the columns `namespace` and `tenant`.
 * @throws CliError `usage` that names the line.
 */
export function parseMap(text: string, path: string): { readonly namespace: string; readonly tenantId: string }[] {
  const { data, errors, meta } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true })
  const wrong = (why: string) => new CliError('usage', `The map ${path} ${why}.`)
  for (const column of ['namespace', 'tenant']) {
    if (!meta.fields?.includes(column)) throw wrong(`has no column ${column} in its first line`)
  }
  const [fault] = errors.filter(({ type }) => type !== 'Delimiter')
  if (fault !== undefined) throw wrong(`has a fault in line ${(fault.row ?? 0) + 2}: ${fault.message}`)
  if (data.length === 0) throw wrong('has no rows')
  return data.map(({ namespace = '', tenant = '' }) => ({ namespace, tenantId: tenant }))
}
