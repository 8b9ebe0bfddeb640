import { systemClock } from '../../clock.ts'
import type { Claim } from '../../concurrency/leased-jobs.ts'
import type { MoveRow } from '../state/journal.ts'
import type { MoveMemory } from './run-memory.ts'
import { type RunMoveDeps, readOwn, runStep, stepOf } from './run-move.ts'

/** Between two rounds of one move: what is carried back late costs only the time that a rollback takes. */
const everyMs = 1_000

/**
 * One round of a move that soaks: what was written since the last one is carried back. Then the next one has its turn.
 * @returns how long to leave this one alone, in ms.
 * @throws LostMove, or the signal's reason.
 */
export async function soakRound(
  deps: RunMoveDeps,
  claimed: MoveRow,
  claim: Claim,
  { learnt, gates }: MoveMemory,
): Promise<number> {
  const move = await readOwn(deps.db, claimed, claim)
  // A person asked for the way back or for the end: that is no round of this loop.
  if (stepOf(move, deps.clock ?? systemClock) !== 'soak') return 0
  const outcome = await runStep(deps, { move, step: 'soak', claim, learnt, gates })
  return outcome.kind === 'failed' ? outcome.retryMs : everyMs
}
