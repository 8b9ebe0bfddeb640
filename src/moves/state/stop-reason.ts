import type { StepName } from './next-step.ts'

/** Why a move stands until a person decides. */
export interface StopReason {
  /** The finding, in words for a person. */
  readonly words: string
  /** Records that continuing gives up; `acceptLoss` has to name at least as many. */
  readonly records: number
  /** Set where no record is lost, but the recall that the move demands is not shown. */
  readonly ofRecall?: 'unmeasured' | 'lower'
}

/** The reason as stored in the move's row. */
export interface Stopped extends StopReason {
  /** The step that found it. */
  readonly step: StepName
  /** ISO 8601. */
  readonly at: string
}

/**
 * Continuing would delete, or leave behind, records that nobody asked to: a person decides (docs/moves.md section 3,
 * "Count before you destroy"). It ends this mover's work, and the move gives its turn up.
 */
export class NeedsPerson extends Error {
  override readonly name = 'NeedsPerson'
  readonly reason: StopReason

  constructor(reason: StopReason) {
    super(reason.words)
    this.reason = reason
  }
}
