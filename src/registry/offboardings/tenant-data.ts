import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { dropInventory } from '../documents/drop-inventory.ts'
import { tenantKeys } from '../idempotency/idempotency-keys.ts'

/**
 * Rows of the registry that hold something of a tenant's content, or admit its apps, by what a receipt calls them. Its
 * name, its place's names, moves without their records' ids, usage and the audit stay.
 */
const stores = {
  documents: (id: TenantId) => sql`documents where tenant_id = ${id}`,
  'documents of an adopted app': (id: TenantId) => sql`app_documents where tenant_id = ${id}`,
  'uploads in the queue': (id: TenantId) => sql`uploads where tenant_id = ${id}`,
  'answers kept for repeats': (id: TenantId) => sql`idempotency_keys where owner = ${tenantKeys(id)}`,
  'keys of apps': (id: TenantId) => sql`tenant_keys where tenant_id = ${id}`,
  'ids in the change log': (id: TenantId) => sql`dirty where move_id in (select id from moves where tenant_id = ${id})`,
  'digests of copied pages': (id: TenantId) =>
    sql`copied_pages where move_id in (select id from moves where tenant_id = ${id})`,
  'reports of moves': (id: TenantId) =>
    sql`move_reports where move_id in (select id from moves where tenant_id = ${id})`,
  'vectors that were supplied': (id: TenantId) =>
    sql`supplied_vectors where file_id in (select id from vector_files where tenant_id = ${id})`,
  'counts of records': (id: TenantId) => sql`tenant_sizes where tenant_id = ${id}`,
} as const

export type TenantCounts = Readonly<Record<string, number>>

/** Counts a tenant's rows by store. */
export async function countTenantData(tx: Tx, id: TenantId): Promise<TenantCounts> {
  const counts = Object.entries(stores).map(
    ([store, rows]) => sql`select ${store}::text as store, (select count(*) from ${rows(id)})::int as n`,
  )
  const rows = await tx.execute<{ store: string; n: number }>(sql.join(counts, sql` union all `))
  return Object.fromEntries(rows.map(({ store, n }) => [store, n]))
}

/** Deletes a tenant's rows, once the store of vectors holds nothing of it. */
export async function eraseTenantData(tx: Tx, id: TenantId): Promise<void> {
  await dropInventory(tx, id)
  await tx.execute(sql`delete from idempotency_keys where owner = ${tenantKeys(id)}`)
  await tx.execute(sql`delete from tenant_keys where tenant_id = ${id}`)
  const moves = sql`(select id from moves where tenant_id = ${id})`
  await tx.execute(sql`delete from dirty where move_id in ${moves}`)
  await tx.execute(sql`delete from copied_pages where move_id in ${moves}`)
  await tx.execute(sql`delete from move_passes where move_id in ${moves}`)
  await tx.execute(sql`delete from move_reports where move_id in ${moves}`)
  await tx.execute(sql`
    update moves set cursor = null, copied_to = null, copy_parts = null, claimed_ids = '[]', verification = null,
      verified_again = null
    where tenant_id = ${id} and ended_at is not null`)
  await tx.execute(sql`delete from vector_files where tenant_id = ${id}`)
  await tx.execute(sql`delete from rate_permits where tenant_id = ${id}`)
  await tx.execute(sql`delete from tenant_sizes where tenant_id = ${id}`)
  await tx.execute(sql`delete from advice where tenant_id = ${id}`)
}
