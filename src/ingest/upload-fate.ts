import type { ErrorCode } from '../errors.ts'
import { AppError } from '../errors.ts'
import type { UploadReason } from '../registry/uploads.sql.ts'

/** What becomes of an upload after an attempt that came to nothing. */
export type UploadFate =
  /** `reason` undefined: the attempt counts for nothing. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly reason?: UploadReason }
  | { readonly kind: 'failed'; readonly reason: UploadReason }
  /** Its tenant has ended. */
  | { readonly kind: 'dropped' }

/** With the pauses below, about twenty minutes. */
const attemptsMax = 12
/** A fault of ours may be the file's doing: it is not met again and again. */
const internalAttemptsMax = 3
const pauseMaxMs = 300_000

/** Faults that the same again may get past. */
const passing: ReadonlySet<ErrorCode> = new Set([
  ...(['embedding_unavailable', 'store_busy', 'store_unavailable', 'store_inconsistent', 'outcome_unknown'] as const),
  ...(['document_busy', 'writes_held', 'move_in_progress', 'registry_unavailable', 'tenant_not_ready'] as const),
  ...(['namespace_limit_reached', 'quota_exceeded', 'service_busy', 'internal'] as const),
])

/** Waiting for another is no fault of the upload: it is not counted. */
const waiting: ReadonlySet<ErrorCode> = new Set(['tenant_suspended', 'shutting_down', 'writes_held'])

/** @param attempts those made so far, this one among them. */
export function uploadFate(error: unknown, attempts: number): UploadFate {
  const fault = error instanceof AppError ? error : undefined
  const code = fault?.code ?? 'internal'
  if (code === 'not_found' || code === 'tenant_unknown') return { kind: 'dropped' }
  if (waiting.has(code)) return { kind: 'again', afterMs: code === 'writes_held' ? 1_000 : 0 }
  const detail = fault === undefined || code === 'internal' ? 'Something went wrong on our side.' : fault.message
  const reason = { code, detail }
  const most = code === 'internal' ? internalAttemptsMax : attemptsMax
  if (!passing.has(code) || attempts >= most) return { kind: 'failed', reason }
  const pauseMs = Math.min(pauseMaxMs, 500 * 2 ** attempts)
  return { kind: 'again', afterMs: Math.max(pauseMs, (fault?.retryAfterS ?? 0) * 1_000), reason }
}

/** Whether an upload has been taken so often without an end that it seems to end whoever takes it. */
export function isTakenTooOften(attempts: number): boolean {
  return attempts > attemptsMax
}
