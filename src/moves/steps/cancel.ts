import { and, eq, sql } from 'drizzle-orm'
import { places } from '../../registry/places.sql.ts'
import { endJournal } from '../end-journal.ts'
import { asMover, changeMove } from '../journal.ts'
import { purgePlace } from '../purge-place.ts'
import { next, type Step, wait } from '../step.ts'

/** Before the switch: writes open on the source again, which never changed, and the target is dropped. */
export const cancel: Step = async (context) => {
  const { db, move } = context
  const kept = await endJournal(context, async (tx, row) => {
    if (row.targetPlaceId !== null) {
      const target = and(eq(places.id, row.targetPlaceId), eq(places.state, 'follower'))
      await tx.update(places).set({ state: 'retiring' }).where(target)
    }
    if (row.state !== 'cancelling') await changeMove(tx, row, { state: 'cancelling', claimedIds: [] })
  })
  if (kept !== undefined) return kept
  await context.at('cancel: steady')
  let purged: unknown = null
  if (move.targetPlaceId !== null) {
    const receipt = await purgePlace(context, move.targetPlaceId)
    if (receipt === undefined) return wait({ kind: 'deletion_not_shown' }, 500)
    purged = receipt
  }
  await context.at('cancel: purged')
  await asMover(db, move, async (tx, row) => {
    await tx.execute(sql`delete from dirty where move_id = ${row.id}`)
    // A person's cancel and a fault that stopped the move end alike but for the name.
    const state = row.request === 'cancel' ? 'cancelled' : 'failed'
    await changeMove(tx, row, { state, request: null }, { purged })
  })
  return next
}
