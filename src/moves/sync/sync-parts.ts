import type { TenantStore } from '../../stores/store.ts'
import { readMoving } from '../state/read-places.ts'
import { type MetricChange, metricBetween } from '../transform/metric-change.ts'
import type { Transform } from '../transform/transform.ts'
import { transformBetween } from '../transform/transform-between.ts'
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
  /** Set where the two places have different vector spaces. */
  readonly transform?: Transform | undefined
  /** Set where the two places compare by different metrics. */
  readonly metric?: MetricChange | undefined
  readonly rates: MoveRates
  /** Ends a wait for an embedding model; `signal`, unless writes are held. */
  readonly embedSignal: AbortSignal
  readonly signal: AbortSignal
}

/** The parts of a sync in the routing's present direction: from the active place to the other. */
export async function syncParts(context: StepContext): Promise<SyncParts> {
  const { db, stores, settings, move, signal, rates } = context
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
    transform: await transformBetween(context, active, follower),
    metric: metricBetween(move, active, follower),
    signal,
    embedSignal: signal,
    rates,
  }
}
