import { sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'

/** The tenants of an adopted index, by whether their adoption can still be undone; locked until the transaction ends. */
export async function listUnwritten(
  tx: Tx,
  indexId: number,
): Promise<{ readonly unwritten: readonly TenantId[]; readonly kept: readonly TenantId[] }> {
  const rows = await tx.execute<{ id: TenantId; free: boolean }>(sql`
    select tenants.id, first_write_at is null and generation = 1 and last_generation = 1
      and adopted_namespace = namespace and places.state = 'active'
      and not exists (select from moves where moves.tenant_id = tenants.id)
      and not exists (select from documents where documents.tenant_id = tenants.id)
      and not exists (select from uploads where uploads.tenant_id = tenants.id) as free
    from places join tenants on tenants.id = places.tenant_id
    where places.index_id = ${indexId} and places.state <> 'purged'
    order by tenants.id for update of tenants`)
  return {
    unwritten: rows.filter(({ free }) => free).map(({ id }) => id),
    kept: rows.filter(({ free }) => !free).map(({ id }) => id),
  }
}

/** Ends the serving of these tenants, which the caller has locked. */
export async function withdrawUnwritten(tx: Tx, ids: readonly TenantId[]): Promise<readonly TenantId[]> {
  await tx.execute(sql`
    update tenants set status = 'offboarded', updated_at = now() where id = any(${sql.param(ids)}::text[])`)
  return ids
}

/** Deletes every row of withdrawn tenants: their ids and namespaces are as if they had never been adopted. */
export async function forgetUnwritten(tx: Tx, indexId: number, ids: readonly TenantId[]): Promise<void> {
  const gone = sql.param(ids)
  await tx.execute(sql`delete from inventories where tenant_id = any(${gone}::text[])`)
  await tx.execute(sql`delete from routing where tenant_id = any(${gone}::text[])`)
  await tx.execute(sql`
    delete from cleanups using places where places.id = place_id and places.tenant_id = any(${gone}::text[])`)
  await tx.execute(sql`
    with freed as (delete from places where tenant_id = any(${gone}::text[]) and index_id = ${indexId} returning id)
    update indexes set tenant_id = null, namespaces_used = namespaces_used - (select count(*) from freed)
    where id = ${indexId}`)
  await tx.execute(sql`delete from tenants where id = any(${gone}::text[])`)
}
