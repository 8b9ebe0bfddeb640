import { DirtyLedger } from './dirty-ledger.ts'
import { readMoving } from './read-places.ts'
import type { StepContext } from './step.ts'
import type { SyncParts } from './sync.ts'

/** The parts of a sync in the direction that the routing has now: from the active place to the other. */
export async function syncParts({ db, stores, settings, move, signal, learnt }: StepContext): Promise<SyncParts> {
  const { active, follower, phase } = await readMoving(db, move)
  const isCompared = move.state === 'fencing' || move.state === 'soaking' || move.state === 'rolling_back'
  return {
    ledger: new DirtyLedger(db, move),
    active: stores.open(active),
    follower: stores.open(follower),
    storeVisibleMs: settings.storeVisibleMs,
    storeInDoubtMs: settings.storeInDoubtMs,
    mayDrop: isCompared && phase !== 'fence' && phase !== 'flip',
    signal,
    learnt,
  }
}
