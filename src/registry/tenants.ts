import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantStatus } from '../placement/phase.ts'
import type { PlaceKind, Tier } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { tenants } from './tenants.sql.ts'

export type TenantRow = typeof tenants.$inferSelect

/** A new tenant's data, and the kind of place it starts in. */
export interface NewTenant {
  readonly id: TenantId
  readonly name: string
  readonly tier: Tier
  readonly region: string | null
  readonly limits: Record<string, number>
  readonly attributes: Record<string, string | number | boolean>
  readonly initialKind: PlaceKind
}

/**
 * Whether a former tenant's id may be used anew. One with an active place is an adoption that is being undone: its rows
 * are about to go.
 */
export const isFreeAgain = sql<boolean>`(tenants.status = 'offboarded'
  and not exists (select from places where places.tenant_id = tenants.id and places.state = 'active'))`

/** Present and former tenants with these ids; never used ids are absent. */
export async function listKnownTenants(
  tx: Tx,
  ids: readonly TenantId[],
): Promise<readonly (Pick<TenantRow, 'id' | 'lastGeneration'> & { readonly isFree: boolean })[]> {
  return tx
    .select({ id: tenants.id, isFree: isFreeAgain, lastGeneration: tenants.lastGeneration })
    .from(tenants)
    .where(inArray(tenants.id, [...ids]))
}

export async function findTenant(tx: Tx, id: TenantId): Promise<TenantRow | undefined> {
  const [row] = await tx.select().from(tenants).where(eq(tenants.id, id))
  return row
}

/** Reads the row and locks it until the transaction ends. */
export async function lockTenantRow(tx: Tx, id: TenantId): Promise<TenantRow | undefined> {
  const [row] = await tx.select().from(tenants).where(eq(tenants.id, id)).for('update')
  return row
}

/** Changes the tenants in one status to another and returns them. */
export async function changeStatus(
  tx: Tx,
  ids: readonly TenantId[],
  from: TenantStatus,
  to: TenantStatus,
): Promise<readonly TenantRow[]> {
  if (ids.length === 0) return []
  return tx
    .update(tenants)
    .set({ status: to, updatedAt: sql`now()` })
    .where(and(inArray(tenants.id, [...ids]), eq(tenants.status, from)))
    .returning()
}

export async function updateTenant(
  tx: Tx,
  id: TenantId,
  change: Partial<Pick<TenantRow, 'name' | 'tier' | 'limits' | 'limitsUntil' | 'attributes'>>,
): Promise<void> {
  await tx
    .update(tenants)
    .set({ ...change, ...(change.tier !== undefined && { tierSince: sql`now()` }), updatedAt: sql`now()` })
    .where(eq(tenants.id, id))
}

/** Ids of tenants that have been in a status for `olderThanMs`, oldest first. */
export async function listByStatus(
  tx: Tx,
  status: TenantStatus,
  olderThanMs: number,
  limit: number,
): Promise<readonly TenantId[]> {
  const rows = await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(
      and(eq(tenants.status, status), sql`${tenants.updatedAt} <= now() - ${olderThanMs} * interval '1 millisecond'`),
    )
    .orderBy(tenants.updatedAt)
    .limit(limit)
  return rows.map((row) => row.id)
}

export async function deleteTenant(tx: Tx, id: TenantId): Promise<void> {
  await tx.delete(tenants).where(eq(tenants.id, id))
}
