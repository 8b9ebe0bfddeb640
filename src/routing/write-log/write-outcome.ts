import { AppError, isAppError } from '../../errors.ts'

/**
 * What became of a write, or of several together. `untouched`: nothing was changed. `changed`: all that was sent was
 * done. `inDoubt`: something may still land, whether or not a later attempt was answered.
 */
export interface WriteOutcome {
  readonly kind: 'untouched' | 'changed' | 'inDoubt'
  /** Why not all of it was done; absent: it was. */
  readonly fault?: unknown
}

/** Nothing was sent, or all that was sent was refused. */
export function untouched(fault?: unknown): WriteOutcome {
  return fault === undefined ? { kind: 'untouched' } : { kind: 'untouched', fault }
}

export function inDoubt(fault?: unknown): WriteOutcome {
  return fault === undefined ? { kind: 'inDoubt' } : { kind: 'inDoubt', fault }
}

const order = ['untouched', 'changed', 'inDoubt'] as const

/** Two outcomes as one: the worst kind, and the first fault. */
export function also(before: WriteOutcome, after: WriteOutcome): WriteOutcome {
  const kind = order[Math.max(order.indexOf(before.kind), order.indexOf(after.kind))] ?? 'inDoubt'
  const fault = before.fault ?? after.fault
  return fault === undefined ? { kind } : { kind, fault }
}

/** Whether a fault of a store call says that nothing was changed. Anything else is a doubt. */
export function isRefusal(fault: unknown): boolean {
  return isAppError(fault) && fault.code !== 'outcome_unknown'
}

/** The fault as a caller is told it: every code but `outcome_unknown` promises that nothing was changed. */
function toldFault(outcome: WriteOutcome): unknown {
  const { kind, fault } = outcome
  if (fault === undefined || kind === 'untouched' || isAppError(fault, 'outcome_unknown')) return fault
  return new AppError('outcome_unknown', 'This was done in part and then failed. Send the same request again.', {
    cause: fault,
  })
}

/** @throws AppError when not all of it was done. */
export function mustBeDone(outcome: WriteOutcome): void {
  const fault = toldFault(outcome)
  if (fault !== undefined) throw fault
}
