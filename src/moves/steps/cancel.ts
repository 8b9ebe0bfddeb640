import { and, eq } from 'drizzle-orm'
import { places } from '../../registry/places.sql.ts'
import { asMover, changeMove } from '../state/move-history.ts'
import { readRouting } from '../state/read-places.ts'
import { openFence } from '../switch/cutover.ts'
import type { Step } from '../sync/step.ts'
import { giveUpPlace } from './give-up-place.ts'

/** Ends a move before its cutover: copying stops, and the target is dropped. The source never changed. */
export const cancel: Step = async (context) => {
  const { db, move } = context
  await asMover(db, move, async (tx, row) => {
    if (row.targetPlaceId !== null) {
      const target = and(eq(places.id, row.targetPlaceId), eq(places.state, 'follower'))
      await tx.update(places).set({ state: 'retiring' }).where(target)
    }
    if (row.state !== 'cancelling') await changeMove(tx, row, { state: 'cancelling', claimedIds: [] })
    // An earlier mover may have died in the fence; the places are not compared while writes are held.
    const { phase } = await readRouting(tx, row)
    if (phase === 'fence') await openFence(tx, row)
  })
  await context.at('cancel: begun')
  // A person's cancel and a fault that stopped the move end alike but for the name.
  const state = ({ request }: typeof move) => (request === 'cancel' ? 'cancelled' : 'failed')
  return giveUpPlace(context, { placeId: move.targetPlaceId, purged: 'cancel: purged', state, mayBeAway: true })
}
