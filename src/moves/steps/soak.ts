import { whatKept } from '../switch/fence-gate.ts'
import { next, type Step, wait } from '../sync/step.ts'
import { syncRound } from '../sync/sync.ts'
import { syncParts } from '../sync/sync-parts.ts'

/** Copies writes to the new place back to the old one after the cutover, so that a rollback loses nothing. */
export const soak: Step = async (context) => {
  const parts = await syncParts(context)
  if (context.move.claimedIds.length > 0) await parts.changes.markDirty(context.move.claimedIds, parts.storeInDoubtMs)
  const { synced } = await syncRound(parts)
  await context.at('sync: carried over')
  if (synced > 0) return next
  // Records that a late write may still reach, or that do not show yet, are left alone until that is over.
  const gate = whatKept(await parts.changes.tail())
  return gate === undefined ? next : wait(gate, 1_000)
}
