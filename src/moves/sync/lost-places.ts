import { isAppError } from '../../errors.ts'
import { isGone } from '../losses/count-places.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import { isShownThere } from './freshness.ts'
import type { ChangedRow } from './move-changes.ts'
import type { SyncParts } from './sync-parts.ts'

/**
 * Refuses deletes that the log does not explain: the active place lacks a record which the follower has, and no deletion
 * of it came since both had it. A put or an update that was refused deletes nothing, so somebody removed the record
 * behind the router's back, and this would delete the last copy.
 * @throws NeedsPerson
 */
export async function refuseStrayDeletes(parts: SyncParts, deletes: readonly ChangedRow[]): Promise<void> {
  const { active, follower, signal, acceptedLoss } = parts
  const unexplained = deletes.filter((row) => !row.wasDeleted)
  if (unexplained.length <= acceptedLoss) return
  const there = await follower.fetch(
    unexplained.map((row) => row.id),
    { signal },
  )
  // An app may have deleted one between the look at the log and the one at its place: then the log has a newer write.
  const stray = await parts.changes.stillLast(unexplained.filter((row) => there.records.has(row.id)))
  if (stray.length <= acceptedLoss) return
  const [activeRecords, followerRecords] = await Promise.all(
    [active, follower].map(async (store) => (await store.describeNamespace({ signal }))?.recordCount),
  )
  const words = `The place in use shows ${activeRecords ?? 0} records and the other one ${followerRecords ?? 0}: ${stray.length} that nobody deleted are gone from it.`
  throw new NeedsPerson({ words, records: stray.length })
}

/** The reason of a rollback that can't be. */
export const noWayBack =
  'The old place is gone, so there is no way back. The new one has everything: complete the move.'

/**
 * Handles a round's fault when a whole place is gone. Without the new place a rollback continues by the old one's
 * content; anything else needs a person's decision.
 * @throws NeedsPerson, or the fault itself when no relevant place is gone.
 */
export async function afterLoss(
  parts: SyncParts,
  fault: unknown,
): Promise<{ readonly synced: number; readonly verified: number }> {
  if (!isAppError(fault, 'not_found')) throw fault
  const { active, follower, signal, isSwitched, changes } = parts
  if (await isGone(active, signal)) {
    if (isSwitched && !(await isGone(follower, signal))) return withoutActive(parts)
    throw new NeedsPerson({ words: 'The place in use is gone.', records: await changes.countLost() })
  }
  if (!isSwitched || !(await isGone(follower, signal))) throw fault
  throw new NeedsPerson({ words: noWayBack, records: 0 })
}

/** Closes what can be closed when the place of the writes is unreadable: what the old place lacks was given up. */
async function withoutActive(parts: SyncParts): Promise<{ readonly synced: number; readonly verified: number }> {
  const { changes, follower, signal, storeInDoubtMs, storeVisibleMs, acceptedLoss } = parts
  const records = await changes.countLost()
  if (records > acceptedLoss) {
    const words = `The place in use is gone, with ${records} write(s) that the old one lacks.`
    throw new NeedsPerson({ words, records })
  }
  await changes.closeDoubts(storeInDoubtMs)
  // What was refused, or is in doubt no longer, left nothing that could be carried back.
  const given = await changes.unsynced(1000, 0)
  if (given.length > 0) await changes.synced({ put: [], gone: given })
  if (given.length > 0) await changes.verified(given)
  const rows = await changes.unverified(1000)
  if (rows.length === 0) return { synced: given.length, verified: 0 }
  const shown = await follower.fetch(
    rows.map((row) => row.id),
    { signal },
  )
  const proven = rows.filter((row) => isShownThere(row, shown.records.get(row.id), shown.indexedLsn, storeVisibleMs))
  if (proven.length > 0) await changes.verified(proven)
  return { synced: given.length, verified: proven.length }
}
