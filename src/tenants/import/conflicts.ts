import type { TenantId } from '../../placement/tenant-id.ts'
import type { ImportedTenant } from '../../registry/imports/import-tenants.ts'
import type { ImportRow } from '../../registry/imports/imports.ts'
import { presentValue } from './diff.ts'

/** A row with its tenant as it is now, locked. */
export interface RowNow {
  readonly row: ImportRow
  readonly tenantId: TenantId
  readonly tenant: ImportedTenant | undefined
}

/** The tenants that rows name. */
export function tenantIds(rows: readonly ImportRow[]): readonly TenantId[] {
  return rows.flatMap(({ tenantId }) => (tenantId === null ? [] : [tenantId as TenantId]))
}

export function rowsNow(rows: readonly ImportRow[], tenants: readonly ImportedTenant[]): readonly RowNow[] {
  const byId = new Map<string, ImportedTenant>(tenants.map((tenant) => [tenant.id, tenant]))
  return rows.map((row) => ({ row, tenantId: row.tenantId as TenantId, tenant: byId.get(row.tenantId ?? '') }))
}

/** Rows of a preview that do not hold any more, by line: what a colleague changed is shown, and not overwritten. */
export function applyConflicts(rows: readonly RowNow[]): ReadonlyMap<number, string> {
  return conflictsOf(rows, ({ row, tenant }) => {
    if (row.kind === 'new')
      return tenant === undefined || tenant.status === 'offboarded' ? undefined : 'The tenant exists by now.'
    if (tenant === undefined || tenant.status === 'offboarded') return 'The tenant is gone.'
    if (tenant.status === 'offboarding') return 'The tenant is being offboarded.'
    return differing(row, tenant, 'from')
  })
}

/** Rows of an applied import that can't be taken back, by line. */
export function undoConflicts(rows: readonly RowNow[], moving: ReadonlySet<string>): ReadonlyMap<number, string> {
  return conflictsOf(rows, ({ row, tenantId, tenant }) => {
    if (tenant === undefined || tenant.status === 'offboarded' || tenant.status === 'offboarding')
      return 'The tenant is gone.'
    if (row.kind === 'new' && tenant.status !== 'active') return `The tenant is ${tenant.status}.`
    if (row.kind === 'new' && moving.has(tenantId)) return 'The tenant is being moved.'
    return differing(row, tenant, 'to')
  })
}

function conflictsOf(rows: readonly RowNow[], judge: (row: RowNow) => string | undefined): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  for (const one of rows) {
    const words = judge(one)
    if (words !== undefined) found.set(one.row.line, words)
  }
  return found
}

function differing({ changes }: ImportRow, tenant: ImportedTenant, expected: 'from' | 'to'): string | undefined {
  const words = Object.entries(changes).flatMap(([field, change]) => {
    const now = presentValue(tenant, field)
    const was = change[expected]
    const isSame = now === was || (now !== null && was !== null && String(now) === String(was))
    return isSame ? [] : [`${field} is ${JSON.stringify(now)} by now, and was ${JSON.stringify(was)}`]
  })
  return words.length === 0 ? undefined : `${words.join('; ')}.`
}
