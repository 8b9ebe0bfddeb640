import { AppError, isAppError } from '../../errors.ts'

/**
 * The outcome of one write, or of several combined. `untouched`: nothing was changed. `changed`: everything sent was
 * done. `inDoubt`: something may still land, whether or not a later attempt was answered.
 */
export interface WriteOutcome {
  readonly kind: 'untouched' | 'changed' | 'inDoubt'
  /** Why part of it was not done; absent when all was. */
  readonly fault?: unknown
}

/** Nothing was sent, or everything sent was refused. */
export function untouched(fault?: unknown): WriteOutcome {
  return fault === undefined ? { kind: 'untouched' } : { kind: 'untouched', fault }
}

export function inDoubt(fault?: unknown): WriteOutcome {
  return fault === undefined ? { kind: 'inDoubt' } : { kind: 'inDoubt', fault }
}

const order = ['untouched', 'changed', 'inDoubt'] as const

/** Combines two outcomes: the worst kind, and the first fault. */
export function also(before: WriteOutcome, after: WriteOutcome): WriteOutcome {
  const kind = order[Math.max(order.indexOf(before.kind), order.indexOf(after.kind))] ?? 'inDoubt'
  const fault = before.fault ?? after.fault
  return fault === undefined ? { kind } : { kind, fault }
}

/** Whether a fault of a store call guarantees that nothing was changed. Anything else is a doubt. */
export function isRefusal(fault: unknown): boolean {
  return isAppError(fault) && fault.code !== 'outcome_unknown'
}

/** The fault as the caller sees it: every code but `outcome_unknown` promises that nothing was changed. */
function toldFault(outcome: WriteOutcome): unknown {
  const { kind, fault } = outcome
  if (fault === undefined || kind === 'untouched' || isAppError(fault, 'outcome_unknown')) return fault
  return new AppError('outcome_unknown', 'This was done in part and then failed. Send the same request again.', {
    cause: fault,
  })
}

/** @throws AppError when part of it was not done. */
export function mustBeDone(outcome: WriteOutcome): void {
  const fault = toldFault(outcome)
  if (fault !== undefined) throw fault
}
