import { startRounds } from '../concurrency/rounds.ts'
import { type WatchDeps, watchRound } from '../tenants/adopt/watch/watch-round.ts'

export interface AdoptedWatchParts extends Omit<WatchDeps, 'settings' | 'rounds'> {
  readonly storeVisibleMs: number
  /** Pause between two rounds; default 5,000. */
  readonly everyMs: number | undefined
}

/** Time in which every replica has reported a write of its own; they report each second. */
const reportMs = 3_000

/** Starts this replica's watch over adopted places. */
export function startAdoptedWatch({ storeVisibleMs, everyMs = 5_000, ...parts }: AdoptedWatchParts): AsyncDisposable {
  const onFault = (error: unknown) => parts.log.warn({ err: error }, 'adopted places could not be watched')
  const deps = { ...parts, rounds: new Map(), settings: { reportMs: reportMs + storeVisibleMs } }
  const round = (signal: AbortSignal) => watchRound(deps, signal)
  return startRounds(round, { everyMs, spreadMs: everyMs / 4, first: 'later', onFault })
}
