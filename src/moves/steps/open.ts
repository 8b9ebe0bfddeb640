import { sql } from 'drizzle-orm'
import { readBarrier } from '../../routing/barrier.ts'
import { changeRouting } from '../../routing/change-routing.ts'
import { asMover, changeMove } from '../state/move-history.ts'
import { readMoving } from '../state/read-places.ts'
import { barrierOf, next, replicasBehind, type Step, wait } from '../sync/step.ts'

/** Opens writes on the new place after the cutover, once no replica reads or writes by the old routing. */
export const open: Step = async (context) => {
  const { db, move, settings } = context
  const { behind } = await readBarrier(db, barrierOf(move), settings.storeInDoubtMs)
  if (behind > 0) return wait(replicasBehind(behind), 20)
  await context.at('open: barrier passed')
  await asMover(db, move, async (tx, row) => {
    const routing = await readMoving(tx, row)
    if (routing.phase !== 'flip') return
    const changed = await changeRouting(tx, row.tenantId, routing.epoch, { phase: 'soak' })
    if (changed === undefined) return
    // The two places are equal and show it, so no row is open: they are left for the soak to drop, for writes wait here.
    await changeMove(tx, row, {
      state: 'soaking',
      gate: null,
      error: null,
      barrierTick: changed.tick,
      writePauseMs: sql`(extract(epoch from clock_timestamp() - held_at) * 1000)::int`,
      retainUntil: sql`now() + make_interval(secs => ${settings.retentionMs / 1000})`,
    })
  })
  return next
}
