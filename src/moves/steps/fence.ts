import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { changeRouting } from '../../registry/change-routing.ts'
import { places } from '../../registry/places.sql.ts'
import { asMover, changeMove, type MoveRow } from '../journal.ts'
import { readRouting } from '../read-places.ts'
import { next, type Step, wait } from '../step.ts'

/**
 * The switch itself: FENCE, then FLIP, each one conditional change of the routing. It is entered only when nothing that
 * a mover wrote to the target can still land; a fence past its deadline is opened again, not flipped.
 */
export const fence: Step = async (context) => {
  const { db, move, settings } = context
  const suspectForMs = await asMover(db, move, async (tx, row) => {
    const [left] = await tx.execute<{ ms: number }>(
      sql`select greatest(0, extract(epoch from ${row.suspectUntil?.toISOString() ?? null}::timestamptz - now()) * 1000)::int as ms`,
    )
    return left?.ms ?? 0
  })
  if (suspectForMs > 0)
    return wait('a copy that got no answer from the store may still land', Math.min(suspectForMs, 1000))
  await asMover(db, move, async (tx, row) => {
    const { routing } = await readRouting(tx, row)
    if (routing.phase !== 'track') return
    await changeRouting(tx, row.tenantId, routing.epoch, { phase: 'fence', fenceBudgetMs: settings.fenceBudgetMs })
  })
  await context.at('fence: entered')
  const flipped = await asMover(db, move, flip)
  if (!flipped) return wait('the fence was open too long and is tried again', 1000)
  await context.at('flip: switched')
  return next
}

/** One transaction: before the deadline the roles change; after it the fence opens again. */
async function flip(tx: Tx, row: MoveRow): Promise<boolean> {
  const { routing } = await readRouting(tx, row)
  if (routing.phase !== 'fence') return false
  const { active, follower, epoch } = routing
  await tx.update(places).set({ state: 'follower' }).where(eq(places.id, active.placeId))
  await tx.update(places).set({ state: 'active' }).where(eq(places.id, follower.placeId))
  const change = { phase: 'flip', activePlaceId: follower.placeId, followerPlaceId: active.placeId } as const
  const changed = await changeRouting(tx, row.tenantId, epoch, change, sql`fence_deadline > now()`)
  if (changed !== undefined) {
    await changeMove(tx, row, { state: 'switching', barrierTick: changed.tick, switchedAt: sql`now()`, gate: null })
    return true
  }
  await tx.update(places).set({ state: 'follower' }).where(eq(places.id, follower.placeId))
  await tx.update(places).set({ state: 'active' }).where(eq(places.id, active.placeId))
  await changeRouting(tx, row.tenantId, epoch, { phase: 'track' })
  return false
}
