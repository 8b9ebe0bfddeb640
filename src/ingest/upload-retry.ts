import { backoffMs } from '../backoff.ts'
import type { ErrorCode } from '../errors.ts'
import { AppError } from '../errors.ts'
import type { UploadReason } from '../registry/uploads.sql.ts'

/** The next step for an upload after a failed attempt. */
export type UploadRetryDecision =
  /** `reason` undefined: the attempt does not count. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly reason?: UploadReason }
  | { readonly kind: 'failed'; readonly reason: UploadReason }
  /** The tenant has ended. */
  | { readonly kind: 'dropped' }

/** Attempts, at most; with the pauses below they span about twenty minutes. */
const attemptsMax = 12
/** Attempts after internal faults, at most: the file itself may cause them. */
const internalAttemptsMax = 3
const pauses = { baseMs: 500, maxMs: 300_000 }

/** Faults that a later attempt may avoid. */
const passing: ReadonlySet<ErrorCode> = new Set([
  ...(['embedding_unavailable', 'store_busy', 'store_unavailable', 'store_inconsistent', 'outcome_unknown'] as const),
  ...(['document_busy', 'writes_held', 'move_in_progress', 'registry_unavailable', 'tenant_not_ready'] as const),
  ...(['namespace_limit_reached', 'quota_exceeded', 'service_busy', 'internal'] as const),
])

/** Faults of waiting for something else, which do not count as attempts. */
const waiting: ReadonlySet<ErrorCode> = new Set(['tenant_suspended', 'shutting_down', 'writes_held'])

/** @param attempts those made so far, including this one. */
export function decideUploadRetry(error: unknown, attempts: number): UploadRetryDecision {
  const fault = error instanceof AppError ? error : undefined
  const code = fault?.code ?? 'internal'
  if (code === 'not_found' || code === 'tenant_unknown') return { kind: 'dropped' }
  if (waiting.has(code)) return { kind: 'again', afterMs: code === 'writes_held' ? 1_000 : 0 }
  const detail = fault === undefined || code === 'internal' ? 'Something went wrong on our side.' : fault.message
  const reason = { code, detail }
  const most = code === 'internal' ? internalAttemptsMax : attemptsMax
  if (!passing.has(code) || attempts >= most) return { kind: 'failed', reason }
  const pauseMs = backoffMs(pauses, attempts)
  return { kind: 'again', afterMs: Math.max(pauseMs, (fault?.retryAfterS ?? 0) * 1_000), reason }
}

/** Whether an upload was claimed so often without an end that it seems to kill its workers. */
export function isTakenTooOften(attempts: number): boolean {
  return attempts > attemptsMax
}
