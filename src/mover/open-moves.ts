import type { Config } from '../config/config.ts'
import type { RecentQueries } from '../moves/verify/recent-queries.ts'
import { type MoverParts, type MovesOverrides, openMoveRounds, openMover } from '../parts/moves.ts'
import type { StoreCall } from '../stores/store-calls.ts'
import type { OpenCircuit } from '../telemetry/resilience-meter.ts'
import { moverConfigOf } from './messages.ts'
import { MoverThread, type MoverThreadDeps } from './mover-thread.ts'

/** A replica's mover, as the rest of the replica sees it. */
export interface ReplicaMover extends AsyncDisposable {
  readonly isUp: () => boolean
  readonly openCircuits: () => readonly OpenCircuit[]
  /** Takes the calls of the serving thread: where the store refuses any, the mover slows down. */
  readonly noteCall: (call: StoreCall) => void
}

export interface MovesParts extends Omit<MoverParts, 'recentQueries'> {
  readonly recentQueries: RecentQueries
  /** Receives the reports of a mover on a thread of its own. */
  readonly reports: Pick<MoverThreadDeps, 'onCall' | 'onUse' | 'onDeath'>
}

/** Opens what a replica does for moves, with its mover where the settings put it. */
export async function openMoves(config: Config, parts: MovesParts, overrides: MovesOverrides): Promise<ReplicaMover> {
  await using opening = new AsyncDisposableStack()
  let thread: MoverThread | undefined
  if (config.mover === 'here') opening.use(await openMover(parts))
  else {
    const { database, log, recentQueries, settings, reports } = parts
    const deps = { database, log, recentQueries, ...reports, onThread: overrides.onMoverThread }
    thread = opening.use(new MoverThread({ config: moverConfigOf(config), settings, logLevel: log.level }, deps))
    await thread.start()
  }
  opening.use(openMoveRounds(config, parts, overrides))
  const owned = opening.move()
  return {
    isUp: () => thread?.isUp ?? true,
    openCircuits: () => thread?.openCircuits() ?? [],
    noteCall(call) {
      if (call.refusals > 0) thread?.noteRefusal(call)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
