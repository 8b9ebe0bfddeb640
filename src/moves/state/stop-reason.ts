import type { StepName } from './next-step.ts'

/** Why a move stands until a person decides. */
export interface StopReason {
  /** What was found, in words for a person. */
  readonly words: string
  /** Records that going on gives up; `acceptLoss` has to name at least as many. */
  readonly records: number
}

/** The same as the move's row keeps it. */
export interface Stopped extends StopReason {
  /** Which step found it. */
  readonly step: StepName
  /** ISO 8601. */
  readonly at: string
}

/**
 * Going on would delete, or leave behind, records that nobody asked to: a person decides (docs/moves.md section 3,
 * "Count before you destroy"). It ends the work of this mover, and the move gives its turn away.
 */
export class NeedsPerson extends Error {
  override readonly name = 'NeedsPerson'
  readonly reason: StopReason

  constructor(reason: StopReason) {
    super(reason.words)
    this.reason = reason
  }
}
