import type { Clock } from '../../clock.ts'

/**
 * Everything that a move can wait for. docs/runbook.md has a row for each kind, which a test compares with this list.
 */
export const gateKinds = [
  'index_busy',
  'project_busy',
  'moves_frozen',
  'movers_busy',
  'no_mover',
  'index_starting',
  'replicas_behind',
  'write_in_doubt',
  'write_under_way',
  'target_suspect',
  'write_unproven',
  'batch_under_way',
  'lag_unknown',
  'tail_too_long',
  'store_late',
  'switch_missed',
  'writes_not_ended',
  'not_shown_yet',
  'deletion_not_shown',
  'slow_reads',
  'stale_reader',
  'step_failed',
  'paused',
  'needs_person',
] as const

export type GateKind = (typeof gateKinds)[number]

/** A way on that a person can choose: a command to paste, and its effect. */
export interface NextStep {
  readonly command: string
  readonly effect: string
  /** The call behind it, where a person decides about records or recall that would be lost. */
  readonly decides?: {
    readonly verb: 'resume' | 'rollback' | 'complete' | 'cancel'
    readonly acceptLoss: number
    /** Set where the person accepts a recall that is lower than demanded, or unknown. */
    readonly acceptRecall?: true
  }
}

/**
 * A gate as a value: stored in the move's row, and put into words only for people. The kind decides which fields it
 * has; those that name a culprit (`record`, `replica`, `index`, `operation`) are present whenever one is known.
 */
export interface Gate {
  readonly kind: GateKind
  /** One of the records, by id. */
  readonly record?: string
  /** Host name of the replica. */
  readonly replica?: string
  readonly index?: string
  /** The store call, or the step of the move. */
  readonly operation?: string
  /** Records, writes, replicas or moves, depending on the kind. */
  readonly count?: number
  /** The permitted maximum of them. */
  readonly limit?: number
  /** Moves queued before this one. */
  readonly queuedBefore?: number
  /** Latest time at which the wait ends on its own; ISO 8601, in whole seconds. */
  readonly until?: string
  /** Lag of the store's writes, and the expected hold of a cutover, in ms. */
  readonly lateMs?: number
  readonly holdMs?: number
  /** The hold's budget; and the longest wait for a quieter moment when the hold is within it. */
  readonly budgetMs?: number
  readonly patienceMs?: number
  /** Code and message of a fault, or the reason why a person is needed. */
  readonly code?: string
  readonly message?: string
  /** The obstacle that kept a cutover, or the end of the move, from happening in time. */
  readonly because?: Gate
  /** For `needs_person` and `moves_frozen`: a person's choices. The move stays until one of these is done. */
  readonly choices?: readonly NextStep[]
}

/** A gate as stored in the move's row. */
export interface Waiting {
  readonly gate: Gate
  /** Time since which the same gate has been there, at the same culprit; ISO 8601. */
  readonly since: string
  /** Tries so far: failed steps, missed cutovers, writes of one record that stayed in doubt. */
  readonly tries: number
  /** Time of the next try; null when it is checked continuously. */
  readonly nextTryAt: string | null
}

/** Whether two looks met the same gate, so that its age continues. */
export function isSameGate(one: Gate, other: Gate): boolean {
  const parts = ({ kind, record, replica, index, operation, code }: Gate) =>
    JSON.stringify([kind, record, replica, index, operation, code])
  return parts(one) === parts(other)
}

/** The end of a wait of `leftMs`, in a gate's form. */
export function untilOf(clock: Pick<Clock, 'epochMs'>, leftMs: number): string {
  return new Date(Math.ceil((clock.epochMs() + leftMs) / 1000) * 1000).toISOString()
}
