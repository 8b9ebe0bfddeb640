import { systemClock } from '../../clock.ts'
import type { Claim } from '../../concurrency/leased-jobs.ts'
import type { MoveRow } from '../state/move-history.ts'
import type { MoveMemory } from './run-memory.ts'
import { type RunMoveDeps, readOwn, runStep, stepOf } from './run-move.ts'

/** Pause between two rounds of one move: a late copy back only lengthens a rollback. */
const everyMs = 1_000

/**
 * One round of a soaking move: it copies back what was written since the last one. Then the next move has its turn.
 * @returns how long this one rests, in ms.
 * @throws LostMove, or the signal's reason.
 */
export async function soakRound(
  deps: RunMoveDeps,
  claimed: MoveRow,
  claim: Claim,
  { rates, gates }: MoveMemory,
): Promise<number> {
  const move = await readOwn(deps.db, claimed, claim)
  // A person asked for the way back or for the end: that is no round of this loop.
  if (stepOf(move, deps.clock ?? systemClock) !== 'soak') return 0
  const outcome = await runStep(deps, { move, step: 'soak', claim, rates, gates })
  return outcome.kind === 'failed' ? outcome.retryMs : everyMs
}
