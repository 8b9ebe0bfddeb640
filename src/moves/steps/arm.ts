import { sql } from 'drizzle-orm'
import { readBarrier } from '../../routing/barrier.ts'
import { changeRouting, lockRouting } from '../../routing/change-routing.ts'
import { waitVisible } from '../copy/wait-visible.ts'
import { type Gate, untilOf } from '../state/gate.ts'
import { asMover, changeMove } from '../state/move-history.ts'
import { readMoving, readPlacements } from '../state/read-places.ts'
import { barrierOf, next, replicasBehind, type Step, wait } from '../sync/step.ts'

/**
 * Waits until every write to the source is in the change log and every earlier one is visible: every replica has seen
 * the change, no unanswered write may still land, and the store shows all answered writes. Then the copy may start.
 */
export const arm: Step = async (context) => {
  const doubt = (leftMs: number): Gate => ({ kind: 'write_in_doubt', until: untilOf(context.clock, leftMs) })
  const { db, stores, settings, move, signal } = context
  const { behind, doubtMs } = await readBarrier(db, barrierOf(move), settings.storeInDoubtMs)
  if (behind > 0) return wait(replicasBehind(behind), 50)
  if (move.barrierAt === null) {
    await asMover(db, move, (tx, row) => changeMove(tx, row, { barrierAt: sql`clock_timestamp()` }))
    return next
  }
  if (doubtMs > 0) return wait(doubt(doubtMs), Math.min(doubtMs, 1000))
  await context.at('arm: barrier passed')
  const [now] = await db.execute<{ at: string }>(sql`select clock_timestamp()::text as at`)
  const { source } = await readPlacements(db, move)
  await waitVisible(stores.open(source), {
    storeVisibleMs: settings.storeVisibleMs,
    signal,
    clock: context.clock,
    onWait: context.waiting,
  })
  await context.at('arm: all visible')
  await asMover(db, move, async (tx, row) => {
    const routing = await readMoving(tx, row)
    if (routing.phase !== 'arm') return
    // The routing first: writers hold it while they wait for a row of the log.
    if (!(await lockRouting(tx, row.tenantId, routing.epoch))) return
    // In the order in which writes that end take them.
    await tx.execute(sql`select 1 from dirty where move_id = ${row.id} order by record_id for update`)
    // What was done before the look at the store is in the listing. Of what was begun before the barrier and ended
    // since, an unlogged write may have the last word: no stamp is expected there.
    await tx.execute(
      sql`delete from dirty where move_id = ${row.id} and state = 'done' and done_at < ${now?.at}::timestamptz`,
    )
    await tx.execute(sql`
      update dirty set trust_store = true, lsn = null
      where move_id = ${row.id} and intent_at < ${row.barrierAt?.toISOString()}::timestamptz`)
    const changed = await changeRouting(tx, row.tenantId, routing.epoch, { phase: 'track' })
    if (changed === undefined) return
    await changeMove(tx, row, {
      state: 'copying',
      barrierTick: changed.tick,
      cursor: null,
      copiedTo: null,
      copyParts: null,
    })
  })
  return next
}
