import { next, type Step, wait } from '../step.ts'
import { syncRound } from '../sync.ts'
import { syncParts } from '../sync-parts.ts'

/** After the switch: what is written to the new place is carried back to the old one, so that a rollback loses nothing. */
export const soak: Step = async (context) => {
  const parts = await syncParts(context)
  if (context.move.claimedIds.length > 0) await parts.ledger.soil(context.move.claimedIds, parts.storeInDoubtMs)
  const { synced } = await syncRound(parts)
  await context.at('sync: carried over')
  // Also when none was looked at: those that a late write may still reach are left alone, and that takes time.
  if (synced === 0) return wait('records wait until the store is known to show their last write', 250)
  return next
}
