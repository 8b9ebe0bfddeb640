import { doubledMs } from '../../backoff.ts'
import { AppError, type ErrorCode, isAppError } from '../../errors.ts'
import { isBeforeSwitch, type MoveState } from '../state/move-state.ts'

/** Faults that another try cannot fix. */
const lasting: ReadonlySet<ErrorCode> = new Set([
  'invalid_request',
  'conflict',
  'not_found',
  'index_limit_reached',
  'namespace_limit_reached',
  'store_inconsistent',
])

/** Tries of one step in a row before its held writes are released again on the source. */
const triesBeforeSwitch = 12

/** Tries of a step in a row that find its model gone: a proxy may say so for a moment. */
const triesOfGoneModel = 3

/**
 * `retry` after a while; `abandon`: drop the target and keep the source, as if the move had never begun; `stop`: a
 * person has to change something first.
 */
export type FaultDecision =
  | { readonly kind: 'retry'; readonly afterMs: number }
  | { readonly kind: 'abandon' }
  | { readonly kind: 'stop' }

/**
 * Decides what a step's fault means for the move. Before the cutover the source has everything, so giving up is safe
 * and releases the writes; after it the only way is on, however long it takes.
 */
export function onFault(error: unknown, state: MoveState, attempts: number): FaultDecision {
  // A model that is busy or away only makes the move slower: nothing is held meanwhile, and a person may cancel. One
  // that is gone waits for a person: the tenant goes on where it is.
  if (isAppError(error, 'embedding_unavailable')) {
    const mayStop = isBeforeSwitch(state) || state === 'rolling_back'
    if (error.isLasting && mayStop && attempts >= triesOfGoneModel) return { kind: 'stop' }
    const askedMs = (error.retryAfterS ?? 0) * 1000
    return { kind: 'retry', afterMs: Math.max(askedMs, doubledMs({ baseMs: 1_000, maxMs: 60_000 }, attempts)) }
  }
  if (isBeforeSwitch(state)) {
    if (error instanceof AppError && lasting.has(error.code)) return { kind: 'abandon' }
    if (attempts >= triesBeforeSwitch) return { kind: 'abandon' }
  }
  return { kind: 'retry', afterMs: doubledMs({ baseMs: 200, maxMs: 30_000 }, attempts) }
}
