import { sql } from 'drizzle-orm'
import { retirePlace } from '../../registry/places.ts'
import { readBarrier } from '../../routing/barrier.ts'
import { changeRouting } from '../../routing/change-routing.ts'
import { asMover, changeMove } from '../state/move-history.ts'
import { readRouting } from '../state/read-places.ts'
import { cutOver } from '../switch/cutover.ts'
import { guardRollback } from '../switch/guard-loss.ts'
import { barrierOf, next, replicasBehind, type Step, wait } from '../sync/step.ts'
import { syncParts } from '../sync/sync-parts.ts'
import { oldReaders } from './complete.ts'
import { giveUpPlace } from './give-up-place.ts'

/**
 * The same fence and flip with the roles swapped: writes since the cutover are copied back first, so nothing is lost.
 * Then the new place is dropped.
 */
export const rollBack: Step = async (context) => {
  const { db, move, settings } = context
  if (move.state === 'soaking') {
    const parts = await syncParts(context)
    await guardRollback(context, parts)
    await asMover(db, move, (tx, row) => changeMove(tx, row, { state: 'rolling_back', request: null, fenceTries: 0 }))
    return next
  }
  const routing = await readRouting(db, move)
  const isBack = routing.active.placeId === move.sourcePlaceId
  if (!isBack) return (await cutOver(context, {})) ?? next
  if (routing.phase === 'flip') {
    const { behind } = await readBarrier(db, barrierOf(move), settings.storeInDoubtMs)
    if (behind > 0) return wait(replicasBehind(behind), 20)
    await asMover(db, move, async (tx, row) => {
      // The change log still records what apps delete: the places are compared before the new one is dropped.
      const changed = await changeRouting(tx, row.tenantId, routing.epoch, { phase: 'track' })
      if (changed === undefined) return
      if (row.targetPlaceId !== null) await retirePlace(tx, row.targetPlaceId)
      const writePauseMs = sql`(extract(epoch from clock_timestamp() - held_at) * 1000)::int`
      await changeMove(tx, row, { barrierTick: changed.tick, writePauseMs })
    })
    return next
  }
  await context.at('rollBack: begun')
  const readers = await oldReaders(context)
  if (readers !== undefined) return readers
  const placeId = move.targetPlaceId
  return giveUpPlace(context, { placeId, purged: 'rollBack: purged', state: () => 'rolled_back' })
}
