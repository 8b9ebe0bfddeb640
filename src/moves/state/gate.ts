import type { Clock } from '../../clock.ts'

/** Everything a move can wait for. docs/runbook.md has a row for each kind, which a test compares with this list. */
export const gateKinds = [
  'index_busy',
  'project_busy',
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

/** A way on that a person can choose: a command to paste, and what it does. */
export interface NextStep {
  readonly command: string
  readonly effect: string
}

/**
 * What a move waits for, as a value: kept in its row, put into words only where a person reads it. A kind says which of
 * the fields it has; those that name a culprit (`record`, `replica`, `index`, `operation`) are there whenever one is known.
 */
export interface Gate {
  readonly kind: GateKind
  /** One of the records, by its id. */
  readonly record?: string
  /** The host name of the replica. */
  readonly replica?: string
  readonly index?: string
  /** The call of the store, or the step of the move. */
  readonly operation?: string
  /** Records, writes, replicas or moves, as the kind counts them. */
  readonly count?: number
  /** How many of them may be at once. */
  readonly limit?: number
  /** Moves that are queued before this one. */
  readonly queuedBefore?: number
  /** When the wait ends on its own at the latest; ISO 8601, in whole seconds. */
  readonly until?: string
  /** How late the store shows writes, and how long a switch would hold them, in ms. */
  readonly lateMs?: number
  readonly holdMs?: number
  /** Of the hold; and how long a quieter moment is waited for when the hold is within it. */
  readonly budgetMs?: number
  readonly patienceMs?: number
  /** Of a fault, or the reason why a person is needed. */
  readonly code?: string
  readonly message?: string
  /** What kept a switch, or the end of a move, from happening in time. */
  readonly because?: Gate
  /** With `needs_person`: what the person can choose. The move stays until one of these is done. */
  readonly choices?: readonly NextStep[]
}

/** A gate as the move's row keeps it. */
export interface Waiting {
  readonly gate: Gate
  /** Since when the same gate has been there, at the same culprit; ISO 8601. */
  readonly since: string
  /** How often it has been tried: failed steps, missed switches, writes of one record that stayed in doubt. */
  readonly tries: number
  /** When it is tried again; null when it is looked at all the time. */
  readonly nextTryAt: string | null
}

/** Whether two looks met the same gate, so that its age goes on. */
export function isSameGate(one: Gate, other: Gate): boolean {
  const parts = ({ kind, record, replica, index, operation, code }: Gate) =>
    JSON.stringify([kind, record, replica, index, operation, code])
  return parts(one) === parts(other)
}

/** When a wait of `leftMs` is over, as a gate says it. */
export function untilOf(clock: Pick<Clock, 'epochMs'>, leftMs: number): string {
  return new Date(Math.ceil((clock.epochMs() + leftMs) / 1000) * 1000).toISOString()
}
