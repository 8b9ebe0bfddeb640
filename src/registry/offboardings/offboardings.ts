import { and, asc, desc, eq, isNotNull, isNull, lte, or, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { SignedDeletionReceipt } from '../../evidence/deletion-receipt.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type DeletedPlaceRow, offboardings, type Recheck } from './offboardings.sql.ts'

export type OffboardingRow = typeof offboardings.$inferSelect

/** Hours after a deletion until it is looked at again. */
const recheckHours = 24

/** Begins the deletion of these tenants' present lives; one that is there already stays, for all of the tenant. */
export async function insertOffboardings(
  tx: Tx,
  ids: readonly TenantId[],
  requestedBy: string,
  onlyIfUnused: boolean,
): Promise<void> {
  await tx.execute(sql`
    insert into offboardings (tenant_id, life, requested_by, only_if_unused)
    select id, first_generation, ${requestedBy}, ${onlyIfUnused}::boolean from tenants
    where id = any(${sql.param([...ids])}::text[])
    on conflict (tenant_id, life) do update set only_if_unused = false, receipt = null, recheck_at = null,
      before = case when offboardings.receipt is null then offboardings.before end,
      places = case when offboardings.receipt is null then offboardings.places else '{}' end,
      requested_by = excluded.requested_by, requested_at = now()`)
}

/** The deletion of a life of a tenant. */
export async function findOffboarding(tx: Tx, tenantId: TenantId, life: number): Promise<OffboardingRow | undefined> {
  const [row] = await tx
    .select()
    .from(offboardings)
    .where(and(eq(offboardings.tenantId, tenantId), eq(offboardings.life, life)))
  return row
}

/** The deletion of the last life that ended. */
export async function findLastReceipt(tx: Tx, tenantId: TenantId): Promise<OffboardingRow | undefined> {
  const [row] = await tx
    .select()
    .from(offboardings)
    .where(and(eq(offboardings.tenantId, tenantId), isNotNull(offboardings.receipt)))
    .orderBy(desc(offboardings.life))
    .limit(1)
  return row
}

/** Keeps what was counted before anything is deleted, unless an earlier try has. @returns the row as it is then. */
export async function keepCounts(
  tx: Tx,
  id: number,
  before: Readonly<Record<string, number>>,
  places: Readonly<Record<string, DeletedPlaceRow>>,
): Promise<OffboardingRow | undefined> {
  await tx
    .update(offboardings)
    .set({ before, places })
    .where(and(eq(offboardings.id, id), isNull(offboardings.before)))
  const [row] = await tx.select().from(offboardings).where(eq(offboardings.id, id))
  return row
}

export async function setReceipt(tx: Tx, id: number, receipt: SignedDeletionReceipt): Promise<void> {
  await tx
    .update(offboardings)
    .set({ receipt, recheckAt: sql`now() + make_interval(hours => ${recheckHours})` })
    .where(eq(offboardings.id, id))
}

/** Forgets a deletion that was called off: the tenant has content. */
export async function dropOffboarding(tx: Tx, id: number): Promise<void> {
  await tx.delete(offboardings).where(and(eq(offboardings.id, id), isNull(offboardings.receipt)))
}

/** Deletions to look at again: those that are due, and all after a restore of the registry. */
export async function listDueRechecks(tx: Tx, limit: number): Promise<readonly OffboardingRow[]> {
  const restored = sql`exists (select from restores where restored_at >
    coalesce((${offboardings.rechecks} -> -1 ->> 'at')::timestamptz, ${offboardings.requestedAt}))`
  return tx
    .select()
    .from(offboardings)
    .where(and(isNotNull(offboardings.receipt), or(lte(offboardings.recheckAt, sql`now()`), restored)))
    .orderBy(asc(offboardings.id))
    .limit(limit)
}

/** Notes a look; one that found something is followed by another. */
export async function noteRecheck(tx: Tx, id: number, recheck: Recheck): Promise<void> {
  const again = recheck.found.length > 0
  await tx
    .update(offboardings)
    .set({
      rechecks: sql`${offboardings.rechecks} || ${JSON.stringify([recheck])}::jsonb`,
      recheckAt: again ? sql`now() + make_interval(hours => ${recheckHours})` : null,
    })
    .where(eq(offboardings.id, id))
}
