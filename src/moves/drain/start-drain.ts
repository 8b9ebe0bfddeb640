import { and, asc, count, eq, inArray, isNull } from 'drizzle-orm'
import type { StaffPrincipal } from '../../auth/principal.ts'
import type { Db, Tx } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { type IndexRow, setDraining } from '../../registry/indexes.ts'
import { places } from '../../registry/places.sql.ts'
import { tenants } from '../../registry/tenants.sql.ts'
import type { MoveView } from '../show-move.ts'
import { type StartMoveDeps, startMove } from '../start-move.ts'
import { moves } from '../state/moves.sql.ts'
import { listTargetShards } from '../target/find-target-shard.ts'
import { namedIndex, type TargetSettings, targetProjects } from '../target/reserve-target-project.ts'
import { spaceOf } from '../target/target-spec.ts'

/** Moves queued per call, so that it answers within seconds. */
const perCall = 500

export interface Drain {
  readonly index: string
  /** The moves that this call queued, in their order of execution. */
  readonly moves: readonly MoveView[]
  /** Tenants that cannot be queued now, with the reason. */
  readonly skipped: readonly { readonly tenantId: TenantId; readonly reason: string }[]
  /** Tenants that another call would queue. */
  readonly left: number
}

/**
 * Empties a shared index: it takes no more tenants, and each one in it gets a rebalance, the longest-standing first. A
 * repeat queues those that are left.
 *
 * @throws AppError `not_found`, `conflict` for an index that is not shared, or when the other shared indexes of a
 *   region lack capacity for its tenants: then nothing is changed.
 */
export async function startDrain(deps: StartMoveDeps, actor: StaffPrincipal, name: string): Promise<Drain> {
  const { db, settings } = deps
  const index = await db.transaction(async (tx) => {
    const found = await namedIndex(tx, settings, name)
    if (found === undefined) throw new AppError('not_found', 'There is no such index.')
    if (found.kind !== 'pool') throw new AppError('conflict', `Index ${name} is a tenant's own: demote the tenant.`)
    await refuseWithoutRoom(tx, settings, found)
    await setDraining(tx, found.id, true)
    await appendAudit(tx, [{ actor, action: 'index.drain', detail: { index: name } }])
    return found
  })
  const waiting = await listWaiting(db, index.id)
  const queued: MoveView[] = []
  const skipped: Drain['skipped'][number][] = []
  for (const { tenantId, state } of waiting.slice(0, perCall)) {
    if (state === 'reserved') {
      skipped.push({ tenantId, reason: 'The tenant is still being set up.' })
      continue
    }
    try {
      queued.push(await startMove(deps, actor, { tenantId, kind: 'rebalance' }))
    } catch (error) {
      if (!isAppError(error)) throw error
      skipped.push({ tenantId, reason: error.message })
    }
  }
  return { index: name, moves: queued, skipped, left: Math.max(0, waiting.length - perCall) }
}

/** Tenants of an index without an open move, the longest-standing first. */
async function listWaiting(db: Db, indexId: number) {
  return db
    .select({ tenantId: places.tenantId, state: places.state })
    .from(places)
    .leftJoin(moves, and(eq(moves.tenantId, places.tenantId), isNull(moves.endedAt)))
    .where(and(eq(places.indexId, indexId), inArray(places.state, ['reserved', 'active']), isNull(moves.id)))
    .orderBy(asc(places.id))
}

/** Refuses a drain that would stop half-way for lack of capacity. */
async function refuseWithoutRoom(tx: Tx, settings: TargetSettings, index: IndexRow): Promise<void> {
  const here = await tx
    .select({ region: tenants.region, count: count() })
    .from(places)
    .innerJoin(tenants, eq(tenants.id, places.tenantId))
    .where(and(eq(places.indexId, index.id), inArray(places.state, ['reserved', 'active'])))
    .groupBy(tenants.region)
  const byRegion = Map.groupBy(here, (row) => row.region ?? index.region)
  for (const [region, rows] of byRegion) {
    const wanted = rows.reduce((sum, row) => sum + row.count, 0)
    const shards = await listTargetShards(tx, {
      space: spaceOf(index),
      source: index,
      projects: targetProjects(settings),
      region,
      wantedIndexId: null,
    })
    const capacity = shards.reduce((sum, one) => sum + (one.full ? 0 : one.namespaceLimit - one.namespacesUsed), 0)
    if (capacity >= wanted) continue
    const words = `Index ${index.name} has ${wanted} tenant(s) in ${region}, and the other shared indexes have capacity for ${capacity}. Open one with: tenant-router indexes add`
    throw new AppError('conflict', words)
  }
}
