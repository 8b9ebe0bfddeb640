import { doubledMs } from '../../backoff.ts'
import { AppError, type ErrorCode, isAppError } from '../../errors.ts'
import type { Phase } from '../../placement/phase.ts'
import { isBeforeSwitch, type MoveState } from '../state/move-state.ts'
import type { StepName } from '../state/next-step.ts'

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

/** Tries of a step in a row that find its model or its index gone: a proxy may say so for a moment. */
const triesOfGone = 3

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
export function onFault(
  error: unknown,
  { state, step, phase }: { readonly state: MoveState; readonly step: StepName; readonly phase: Phase },
  attempts: number,
): FaultDecision {
  // A model that is busy or away only makes the move slower: nothing is held meanwhile, and a person may cancel. One
  // that is gone waits for a person: the tenant goes on where it is.
  if (isAppError(error, 'embedding_unavailable')) {
    const mayStop = isBeforeSwitch(state) || state === 'rolling_back'
    if (error.isLasting && mayStop && attempts >= triesOfGone) return { kind: 'stop' }
    const askedMs = (error.retryAfterS ?? 0) * 1000
    return { kind: 'retry', afterMs: Math.max(askedMs, doubledMs({ baseMs: 1_000, maxMs: 60_000 }, attempts)) }
  }
  const isLasting = error instanceof AppError && lasting.has(error.code)
  // A person asked for the way back and has another one, which a rollback that is tried for ever would take away. A
  // flip is finished in any case: it holds writes.
  if (step === 'rollBack' && isLasting && attempts >= triesOfGone && phase !== 'flip') return { kind: 'stop' }
  if (isBeforeSwitch(state)) {
    if (isLasting) return { kind: 'abandon' }
    if (attempts >= triesBeforeSwitch) return { kind: 'abandon' }
  }
  return { kind: 'retry', afterMs: doubledMs({ baseMs: 200, maxMs: 30_000 }, attempts) }
}
