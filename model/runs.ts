// Sizes that are run: for the protocol as it is, and for each guard the smallest at which leaving it out shows.
import type { RunOptions } from './explore.ts'
import type { GuardName } from './guards.ts'
import { type Size, smallest } from './size.ts'

type Run = Pick<RunOptions, 'size' | 'endings'>

/** Runs of seconds: the protocol under combinations of two faults; `mutantRuns` has the size of each alone. */
export const quickRuns: readonly Run[] = [
  run({ writes: 2, giveUps: 1, moverFaults: 1 }),
  run({ writes: 2, giveUps: 1, moverFaults: 1, retries: true, lag: true, epochs: 3 }),
  run({ moverFaults: 1, giveUps: 1, epochs: 8, rollback: true }),
  run({ undo: true, crashes: 1, epochs: 4 }),
]

/** Runs of minutes, for `npm run model`. Everything at once is infeasible, so each run goes far in some bounds. */
export const fullRuns: readonly Run[] = [
  run({ writes: 3, giveUps: 2, moverFaults: 2, retries: true, lag: true }),
  run({ writes: 2, giveUps: 2, moverFaults: 1, crashes: 1, retries: true, lag: true }),
  run({ writes: 2, giveUps: 1, moverFaults: 1, retries: true, lag: true, undo: true }),
  run({ writes: 2, giveUps: 1, moverFaults: 1, crashes: 1, undo: true }),
  run({ writes: 2, reads: 1, giveUps: 1, moverFaults: 1, crashes: 1 }),
  run({ writes: 2, reads: 2, giveUps: 1, moverFaults: 1, retries: true }),
  run({ giveUps: 1, crashes: 1, retries: true, undo: true, rollback: true, epochs: 8 }),
  run({ reads: 1, undo: true, rollback: true, cancel: true, purge: true, epochs: 9 }),
  run({ writes: 2, giveUps: 1, moverFaults: 1, retries: true, lag: true, rollback: true, cancel: true, epochs: 9 }),
  { ...run({ writes: 2, giveUps: 1, crashes: 1, retries: true, lag: true, epochs: 8 }), endings: true },
  { ...run({ undo: true, giveUps: 1, epochs: 8 }), endings: true },
]

export const mutantRuns: Readonly<Record<GuardName, Run>> = {
  barrierBeforeCopy: run({}),
  doubtsBeforeCopy: run({ giveUps: 1 }),
  visibleBeforeCopy: run({ lag: true }),
  forgetAtArm: { ...run({ writes: 2, epochs: 8 }), endings: true },
  nothingBeforeCopy: run({ writes: 2 }),
  epochInIntent: run({}),
  intentBeforeCall: run({}),
  oneIntentAnId: run({ writes: 2 }),
  stayExclusive: run({ writes: 2, giveUps: 1, retries: true }),
  retryOnlyLogged: run({ writes: 2, giveUps: 1, retries: true }),
  neverRunAgain: run({ writes: 2, giveUps: 1, reads: 1 }),
  doubtOfIntent: run({ giveUps: 1 }),
  doubtOfMover: run({ moverFaults: 1 }),
  moverToken: run({ moverFaults: 1 }),
  appliedAfterWrites: run({}),
  stopWithoutLease: run({ crashes: 1 }),
  copyDropsTouched: run({ lag: true }),
  onePipelineAnId: run({}),
  provenRead: run({ lag: true }),
  markOnlyUnchanged: run({ writes: 2 }),
  stampOfText: run({}),
  deletesCarried: run({}),
  noUnsyncedTail: run({}),
  noRetryAtFlip: run({ writes: 2, giveUps: 1, retries: true }),
  targetVisible: run({ lag: true }),
  barrierBeforeWritesOpen: run({}),
  seenBeforeUse: run({ undo: true }),
  undoWaitsForSeen: run({ undo: true }),
  nothingInFlightAtEnd: run({ writes: 2, giveUps: 1, retries: true }),
  noRetryAtEnd: run({ writes: 2, giveUps: 1, retries: true }),
  staleReadsBeforePurge: run({ crashes: 1, purge: true }),
  slowReadsBeforePurge: run({ undo: true, reads: 1, purge: true }),
}

function run(more: Partial<Size>): { readonly size: Size } {
  return { size: { ...smallest, ...more } }
}
