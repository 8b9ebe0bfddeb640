import { isCanaryId, isTenantId, type TenantId } from '../../placement/tenant-id.ts'
import type { ImportColumn } from '../../registry/imports/imports.sql.ts'
import { isReadable } from '../readable-text.ts'

/** A line of a table. */
export interface ImportedRow {
  readonly line: number
  readonly cells: readonly string[]
}

/** Wish of a row. An empty cell asks for nothing. */
export interface Wish {
  readonly line: number
  readonly id: TenantId | undefined
  readonly crmId: string | undefined
  /** By field: `name`, `tier`, `region`, `attributes.NAME`. */
  readonly fields: ReadonlyMap<string, string>
  /** Why the row can't be read, whatever the registry says. */
  readonly fault: string | undefined
}

/** Texts that a spreadsheet would take for a formula are exported with an apostrophe before them. */
const neutralised = /^'(?=[=+\-@\t\r])/
const region = /^[a-z0-9-]{1,40}$/
const textMax = { name: 200, attribute: 500 } as const

export function wishOf(row: ImportedRow, columns: readonly ImportColumn[]): Wish {
  const fields = new Map<string, string>()
  const faults: string[] = []
  for (const [at, { field, header }] of columns.entries()) {
    const cell = (row.cells[at] ?? '').replace(neutralised, '').trim()
    if (field === null || cell === '') continue
    const value = field === 'tier' ? cell.toLowerCase() : cell
    fields.set(field, value)
    const fault = faultOf(field, value)
    if (fault !== undefined) faults.push(`${header}: ${fault}`)
  }
  const id = fields.get('id')
  const crmId = fields.get('attributes.crmId')
  fields.delete('id')
  if (id === undefined && crmId === undefined) faults.push('The row names no tenant.')
  if (row.cells.slice(columns.length).some((cell) => cell !== ''))
    faults.push('The row has more cells than the first line.')
  return {
    line: row.line,
    id: isTenantId(id) ? id : undefined,
    crmId,
    fields,
    fault: faults.length === 0 ? undefined : faults.join(' '),
  }
}

function faultOf(field: string, value: string): string | undefined {
  if (!isReadable(value)) return 'contains a control character (such as a line break).'
  switch (field) {
    case 'id':
      if (!isTenantId(value)) return 'must be 1 to 64 of the characters A–Z a–z 0–9 _ -.'
      return isCanaryId(value) ? 'is an id of the service’s own canaries.' : undefined
    case 'tier':
      return value === 'standard' || value === 'enterprise' ? undefined : 'must be standard or enterprise.'
    case 'region':
      return region.test(value) ? undefined : 'must be a region of the cloud, as in us-east-1.'
    case 'name':
      return value.length > textMax.name ? `has more than ${textMax.name} characters.` : undefined
    default:
      return value.length > textMax.attribute ? `has more than ${textMax.attribute} characters.` : undefined
  }
}
