import type { Logger } from 'pino'
import { startRounds } from '../../concurrency/rounds.ts'
import type { Db } from '../../db/connect.ts'
import { runLeasedRound } from '../../registry/rounds/leased-round.ts'
import type { VectorStore } from '../../stores/store.ts'
import { dropOldFiles } from '../supplied/supply-vectors.ts'
import type { MoveSettings } from '../sync/step.ts'
import { sweepIndexes } from './sweep-indexes.ts'
import { sweepPlaces } from './sweep-places.ts'

export interface SweepOptions {
  readonly everyMs: number
  /** Random delay of a round beyond `everyMs`, so that replicas do not all begin at once. */
  readonly spreadMs?: number
}

interface Deps {
  readonly db: Db
  readonly stores: VectorStore
  readonly settings: Pick<MoveSettings, 'project' | 'projects' | 'indexPrefix' | 'storeInDoubtMs'>
  readonly log: Pick<Logger, 'warn' | 'info'>
}

/**
 * Periodically looks for what late requests brought back: namespaces of retired places, and forgotten indexes. Every
 * replica runs one; only one replica runs a round at a time.
 */
export function startSweep(deps: Deps, { everyMs, spreadMs = 0 }: SweepOptions): AsyncDisposable {
  const sweep = sweeper(deps)
  const onFault = (error: unknown) => deps.log.warn({ err: error }, 'checking retired places failed')
  return startRounds(sweep, { everyMs, spreadMs, first: 'later', onFault })
}

/** One round after the other, each continuing where the last one stopped. Does nothing while another replica sweeps. */
export function sweeper(deps: Deps): (signal: AbortSignal) => Promise<void> {
  const { db, log } = deps
  const firstSeen = new Map<string, number>()
  const reported = new Set<string>()
  let afterId = 0
  const sweep = async (signal: AbortSignal) => {
    const { nextId, emptied, away } = await sweepPlaces({ ...deps, signal }, afterId)
    afterId = nextId
    if (emptied.length > 0) log.info({ places: emptied }, 'late writes to retired places were deleted')
    if (away.length > 0) log.warn({ projects: away }, 'checking retired places failed: the store did not answer')
    await dropOldFiles(db)
    const { removed, strangers } = await sweepIndexes({ ...deps, signal }, firstSeen)
    if (removed.length > 0) log.info({ indexes: removed }, 'forgotten indexes were deleted')
    const unheard = strangers.filter((name) => !reported.has(name))
    for (const name of unheard) reported.add(name)
    if (unheard.length > 0) log.warn({ indexes: unheard }, 'indexes look like ours without proof; they are left alone')
  }
  return (signal) => runLeasedRound({ db, name: 'sweep', signal }, sweep)
}
