import { readBarrier } from '../../registry/barrier.ts'
import { changeRouting } from '../../registry/change-routing.ts'
import { retirePlace } from '../../registry/places.ts'
import { asMover, changeMove } from '../journal.ts'
import { purgePlace } from '../purge-place.ts'
import { readRouting } from '../read-places.ts'
import { barrierTickOf, next, replicasBehind, type Step, wait } from '../step.ts'
import { slowReadsMs } from './complete.ts'

/** After `rollbackMove` has flipped the routing back: wait for every replica, open writes, then drop the new place. */
export const rollBack: Step = async (context) => {
  const { db, move, settings } = context
  const { behind } = await readBarrier(db, barrierTickOf(move), settings.storeInDoubtMs)
  if (behind > 0) return wait(replicasBehind(behind), 50)
  await asMover(db, move, async (tx, row) => {
    const { routing } = await readRouting(tx, row)
    if (routing.phase !== 'flip' || routing.moveId !== row.id) return
    await changeRouting(tx, row.tenantId, routing.epoch, { phase: 'steady', followerPlaceId: null, moveId: null })
    if (row.targetPlaceId !== null) await retirePlace(tx, row.targetPlaceId)
  })
  await context.at('rollBack: steady')
  const readsMs = await slowReadsMs(context)
  if (readsMs > 0)
    return wait('reads that began before the switch back may still be under way', Math.min(readsMs, 1000))
  if (move.targetPlaceId === null) throw new Error(`move ${move.id} was switched without a target`)
  const receipt = await purgePlace(context, move.targetPlaceId)
  if (receipt === undefined) return wait('the store still shows what was deleted', 500)
  await context.at('rollBack: purged')
  await asMover(db, move, (tx, row) =>
    changeMove(tx, row, { state: 'rolled_back', gate: null, error: null }, { purged: receipt }),
  )
  return next
}
