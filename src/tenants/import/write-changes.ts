import type { Tx } from '../../db/connect.ts'
import type { Tier } from '../../placement/placement.ts'
import { appendManyDeeds } from '../../registry/audit/append-many.ts'
import type { Author } from '../../registry/audit/audit.ts'
import { type ImportedTenant, updateImportedTenants } from '../../registry/imports/import-tenants.ts'
import type { FieldChanges } from '../../registry/imports/imports.sql.ts'
import { lockRoutings, tickRoutings } from '../../routing/change-routing.ts'
import type { RowNow } from './conflicts.ts'
import { attributesAfter } from './diff.ts'

/**
 * Changes tenants that exist, with an audit row each, as changes by hand would have it, and tells every replica of new
 * tiers. Call it last in a transaction, as `tickRouting`.
 * @param back takes the changes back.
 */
export async function writeChanges(
  tx: Tx,
  actor: Author,
  importId: string,
  rows: readonly RowNow[],
  back = false,
): Promise<void> {
  const changed = rows.flatMap(({ row: { kind, changes }, tenant }) =>
    kind !== 'changed' || tenant === undefined ? [] : [{ changes, tenant, now: after(tenant, changes, back) }],
  )
  await updateImportedTenants(
    tx,
    changed.map(({ now }) => now),
  )
  await appendManyDeeds(
    tx,
    actor,
    changed.map(({ tenant, now, changes }) => deed(tenant, now, changes, importId)),
  )
  const tagged = changed.filter(({ changes }) => changes.tier !== undefined).map(({ tenant }) => tenant.id)
  if (tagged.length === 0) return
  await lockRoutings(tx, tagged)
  await tickRoutings(tx, tagged)
}

/** A tenant with the changes, or, with `back`, without them. */
function after(tenant: ImportedTenant, changes: FieldChanges, back: boolean): ImportedTenant {
  const value = (field: string) => changes[field]?.[back ? 'from' : 'to']
  return {
    ...tenant,
    name: String(value('name') ?? tenant.name),
    tier: (value('tier') ?? tenant.tier) as Tier,
    attributes: attributesAfter(tenant.attributes, changes, back),
  }
}

function deed(before: ImportedTenant, now: ImportedTenant, changes: FieldChanges, importId: string) {
  const has = (field: string) => Object.keys(changes).some((one) => one === field || one.startsWith(`${field}.`))
  const shown = ({ name, tier, attributes }: ImportedTenant) => ({
    ...(has('name') && { name }),
    ...(has('tier') && { tier }),
    ...(has('attributes') && { attributes }),
  })
  return {
    action: has('tier') ? 'tenant.tag' : 'tenant.change',
    tenantId: before.id,
    detail: { import: importId },
    before: shown(before),
    after: shown(now),
  }
}
