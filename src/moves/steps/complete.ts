import { sql } from 'drizzle-orm'
import { readBarrier } from '../../registry/barrier.ts'
import { changeRouting } from '../../registry/change-routing.ts'
import { retirePlace } from '../../registry/places.ts'
import { DirtyLedger, readTail } from '../dirty-ledger.ts'
import { asMover, changeMove } from '../journal.ts'
import { purgePlace } from '../purge-place.ts'
import { readRouting } from '../read-places.ts'
import { barrierTickOf, next, replicasBehind, type Step, type StepContext, wait } from '../step.ts'

/** The end of a move: STEADY on the new place, a barrier, time for slow reads, then the source is deleted. */
export const complete: Step = async (context) => {
  const { db, move, settings } = context
  const steady = await asMover(db, move, async (tx, row) => {
    const routing = await readRouting(tx, row)
    if (routing.phase !== 'soak') return row.state === 'completing'
    // From here on nobody waits for a write in doubt before the next one of the same record.
    if ((await readTail(tx, row.id)).inDoubt > 0) return 'in doubt'
    const change = { phase: 'steady', followerPlaceId: null, moveId: null } as const
    const changed = await changeRouting(tx, row.tenantId, routing.epoch, change)
    if (changed === undefined) return false
    await retirePlace(tx, row.sourcePlaceId)
    await changeMove(tx, row, { state: 'completing', barrierTick: changed.tick, request: null, claimedIds: [] })
    return false
  })
  if (steady === 'in doubt') {
    await new DirtyLedger(db, move).closeDoubts()
    return wait('a write that got no answer from the store may still land', 500)
  }
  if (!steady) return next
  await context.at('complete: steady')
  const { behind } = await readBarrier(db, barrierTickOf(move), settings.storeInDoubtMs)
  if (behind > 0) return wait(replicasBehind(behind), 50)
  const readsMs = await slowReadsMs(context)
  if (readsMs > 0) return wait('reads that began before the switch may still be under way', Math.min(readsMs, 1000))
  const receipt = await purgePlace(context, move.sourcePlaceId)
  if (receipt === undefined) return wait('the store still shows what was deleted', 500)
  await context.at('complete: purged')
  await asMover(db, move, async (tx, row) => {
    await tx.execute(sql`delete from dirty where move_id = ${row.id}`)
    await changeMove(tx, row, { state: 'completed', gate: null, error: null }, { purged: receipt })
  })
  return next
}

/** How long a read of the old place that began before the last switch may still take, in ms. */
export async function slowReadsMs({ db, move, settings }: StepContext): Promise<number> {
  if (move.switchedAt === null) return 0
  const [left] = await db.execute<{ ms: number }>(sql`
    select ceil(greatest(0, extract(epoch from ${move.switchedAt.toISOString()}::timestamptz - now()) * 1000 + ${settings.readGraceMs}))::int as ms`)
  return left?.ms ?? 0
}
