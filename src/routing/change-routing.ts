import { and, eq, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { Phase } from '../placement/phase.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { routing, routingClock } from '../registry/routing.sql.ts'

/** Channel that announces changed routings to replicas; the payload is the tenant's id. */
export const routingChannel = 'routing'

/** Changed columns; absent ones keep their values. */
export interface RoutingChange {
  readonly phase: Phase
  readonly activePlaceId?: number
  readonly followerPlaceId?: number | null
  readonly moveId?: string | null
  /** From now; only with phase `fence`. */
  readonly fenceBudgetMs?: number
}

/**
 * Locks a tenant's routing row until the transaction ends: no write intent begins meanwhile, and those that have begun
 * are waited for. Callers take it before the rows of the change log, as writers do, and always before the clock: a
 * stalled write of one tenant must not block every other tenant's routing changes.
 *
 * @returns whether the routing is still at the epoch.
 */
export async function lockRouting(tx: Tx, tenantId: TenantId, epoch?: number): Promise<boolean> {
  const [row] = await tx
    .select({ epoch: routing.epoch })
    .from(routing)
    .where(eq(routing.tenantId, tenantId))
    .for('update')
  return row !== undefined && (epoch === undefined || row.epoch === epoch)
}

/** Locks the routing rows of many tenants, in the order of their ids: see `lockRouting`. */
export async function lockRoutings(tx: Tx, tenantIds: readonly TenantId[]): Promise<void> {
  await tx.execute(sql`
    select tenant_id from routing where tenant_id = any(${sql.param([...tenantIds])}::text[]) order by tenant_id for update`)
}

/**
 * Invalidates a tenant's route in every replica: ticks the clock, raises the epoch and announces the change. Call it
 * last in a transaction: the clock's row, shared by all tenants, stays locked until the commit.
 *
 * @returns the tick, for a barrier. A tenant without a routing row is announced too.
 */
export async function tickRouting(tx: Tx, tenantId: TenantId): Promise<number> {
  await lockRouting(tx, tenantId)
  const tick = await nextTick(tx)
  await tx
    .update(routing)
    .set({ changeNo: tick, epoch: sql`${routing.epoch} + 1` })
    .where(eq(routing.tenantId, tenantId))
  await tx.execute(sql`select pg_notify(${routingChannel}, ${tenantId})`)
  return tick
}

/** Invalidates the routes of many tenants with one tick: see `tickRouting`. None of them moves. */
export async function tickRoutings(tx: Tx, tenantIds: readonly TenantId[]): Promise<number> {
  const tick = await nextTick(tx)
  await tx.execute(sql`
    update routing set change_no = ${tick}, epoch = epoch + 1
    where tenant_id = any(${sql.param(tenantIds)}::text[])`)
  for (const tenantId of tenantIds.slice(0, 1)) await tx.execute(sql`select pg_notify(${routingChannel}, ${tenantId})`)
  return tick
}

/**
 * Changes a tenant's routing, conditional on the expected epoch; moves have no other way. Call it last in a
 * transaction, as `tickRouting`; a transaction that locks rows of the change log takes `lockRouting` before them.
 *
 * @param where further conditions on the row, checked in the same statement.
 * @returns the new epoch and the tick for the barrier, or undefined when the row no longer matched.
 */
export async function changeRouting(
  tx: Tx,
  tenantId: TenantId,
  expectedEpoch: number,
  change: RoutingChange,
  where?: ReturnType<typeof sql>,
): Promise<{ readonly epoch: number; readonly tick: number } | undefined> {
  if (!(await lockRouting(tx, tenantId, expectedEpoch))) return undefined
  const tick = await nextTick(tx)
  const changed = await tx
    .update(routing)
    .set({
      epoch: expectedEpoch + 1,
      changeNo: tick,
      phase: change.phase,
      fenceDeadline:
        change.fenceBudgetMs === undefined ? null : sql`now() + make_interval(secs => ${change.fenceBudgetMs / 1000})`,
      ...(change.activePlaceId === undefined ? {} : { activePlaceId: change.activePlaceId }),
      ...(change.followerPlaceId === undefined ? {} : { followerPlaceId: change.followerPlaceId }),
      ...(change.moveId === undefined ? {} : { moveId: change.moveId }),
    })
    .where(and(eq(routing.tenantId, tenantId), eq(routing.epoch, expectedEpoch), where))
    .returning({ epoch: routing.epoch })
  if (changed.length === 0) return undefined
  await tx.execute(sql`select pg_notify(${routingChannel}, ${tenantId})`)
  return { epoch: expectedEpoch + 1, tick }
}

async function nextTick(tx: Tx): Promise<number> {
  const [row] = await tx
    .update(routingClock)
    .set({ tick: sql`${routingClock.tick} + 1` })
    .returning({ tick: routingClock.tick })
  if (row === undefined) throw new Error('routing_clock has no row: run the migrations')
  return row.tick
}
