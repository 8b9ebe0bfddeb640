import { AppError, type ErrorCode } from '../../errors.ts'
import { isBeforeSwitch, type MoveState } from '../state/move-state.ts'

/** Faults that another try can't mend. */
const lasting: ReadonlySet<ErrorCode> = new Set([
  'invalid_request',
  'conflict',
  'not_found',
  'index_limit_reached',
  'namespace_limit_reached',
  'store_inconsistent',
])

/** Tries of one step in a row before writes that it holds are opened again on the source. */
const triesBeforeSwitch = 12

/** `retry` after a while; `abandon`: drop the target and go on with the source as if nothing had been. */
export type FaultDecision = { readonly kind: 'retry'; readonly afterMs: number } | { readonly kind: 'abandon' }

/**
 * What a fault of a step means for the move. Before the switch the source has everything, so giving up is safe and
 * opens the writes; after it the only way is on, however long it takes.
 */
export function onFault(error: unknown, state: MoveState, attempts: number): FaultDecision {
  if (isBeforeSwitch(state)) {
    if (error instanceof AppError && lasting.has(error.code)) return { kind: 'abandon' }
    if (attempts >= triesBeforeSwitch) return { kind: 'abandon' }
  }
  return { kind: 'retry', afterMs: Math.min(30_000, 200 * 2 ** Math.min(attempts, 10)) }
}
