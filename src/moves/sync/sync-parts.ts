import type { TenantStore } from '../../stores/store.ts'
import { readMoving } from '../state/read-places.ts'
import { ChangeLog } from './move-changes.ts'
import type { MoveRates } from './move-rates.ts'
import type { StepContext } from './step.ts'

/** The parts of a round of syncing or comparing. */
export interface SyncParts {
  readonly changes: ChangeLog
  readonly active: TenantStore
  readonly follower: TenantStore
  readonly storeVisibleMs: number
  readonly storeInDoubtMs: number
  /** Whether rows that nobody needs may be dropped: every record was compared, and no writes wait. */
  readonly mayDrop: boolean
  /** Records that a person gave up. */
  readonly acceptedLoss: number
  /** Whether the direction is back: the active place is the new one. */
  readonly isSwitched: boolean
  readonly rates: MoveRates
  readonly signal: AbortSignal
}

/** The parts of a sync in the routing's present direction: from the active place to the other. */
export async function syncParts({ db, stores, settings, move, signal, rates }: StepContext): Promise<SyncParts> {
  const { active, follower, phase } = await readMoving(db, move)
  const isCompared = move.state === 'fencing' || move.state === 'soaking' || move.state === 'rolling_back'
  return {
    changes: new ChangeLog(db, move),
    active: stores.open(active),
    follower: stores.open(follower),
    storeVisibleMs: settings.storeVisibleMs,
    storeInDoubtMs: settings.storeInDoubtMs,
    mayDrop: isCompared && phase !== 'fence' && phase !== 'flip',
    acceptedLoss: move.acceptedLoss,
    isSwitched: move.state === 'soaking' || move.state === 'rolling_back',
    signal,
    rates,
  }
}
