import { isDiskFull, registryFault } from '../../db/registry-fault.ts'
import { AppError, type ErrorCode, type FieldFault } from '../../errors.ts'

/** An RFC 9457 problem, with the members that callers may rely on. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly requestId: string
  readonly faults?: readonly FieldFault[]
  /** For `quota_exceeded`: the policies, as `RateLimit-Policy` names them. */
  readonly 'violated-policies'?: readonly string[]
}

interface ProblemKind {
  readonly status: number
  readonly title: string
  /** Replaces the error's own message where that could distinguish two cases, or reveal our internals. */
  readonly detail?: string
  /** `Retry-After` when the error names no time. */
  readonly retryAfterS?: number
}

/** Each code's form over HTTP. A new code does not compile until it has its line here. */
export const problemKinds = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  origin_refused: { status: 403, title: 'This origin may not call here' },
  host_refused: { status: 421, title: 'This listener has another name' },
  not_found: { status: 404, title: 'Not found', detail: 'There is nothing here, or it is not yours.' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  conflict: { status: 409, title: 'The present state does not allow this' },
  document_busy: { status: 409, title: 'Another write to this document is under way', retryAfterS: 2 },
  move_in_progress: { status: 409, title: 'The tenant is being moved' },
  index_limit_reached: { status: 409, title: 'The project allows no further index' },
  namespace_limit_reached: { status: 503, title: 'The index takes no further tenant', retryAfterS: 30 },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not taken here' },
  unreadable_document: { status: 422, title: 'The file cannot be read' },
  tenant_unknown: { status: 403, title: 'The tenant of this token is not onboarded' },
  tenant_suspended: { status: 403, title: 'The tenant is suspended' },
  tenant_not_ready: { status: 503, title: 'The tenant is not ready', retryAfterS: 5 },
  quota_exceeded: {
    status: 429,
    title: 'Request cannot be satisfied as assigned quota has been exceeded',
    retryAfterS: 1,
  },
  idempotency_key_in_use: { status: 409, title: 'The first request with this key is under way', retryAfterS: 1 },
  idempotency_key_reused: { status: 422, title: 'The key belongs to another request' },
  writes_held: { status: 503, title: 'Writes are held for a moment', retryAfterS: 1 },
  store_busy: { status: 503, title: 'The vector store is busy', retryAfterS: 2 },
  store_unavailable: { status: 503, title: 'The vector store cannot be reached', retryAfterS: 5 },
  store_inconsistent: { status: 503, title: 'The vector store shows less than is there', retryAfterS: 5 },
  registry_unavailable: { status: 503, title: 'The registry cannot be reached', retryAfterS: 5 },
  embedding_unavailable: { status: 503, title: 'The embedding model cannot be reached', retryAfterS: 5 },
  rerank_unavailable: { status: 503, title: 'The reranker cannot be reached', retryAfterS: 5 },
  answer_unavailable: { status: 503, title: 'The answer model cannot be reached', retryAfterS: 5 },
  identity_unavailable: { status: 503, title: 'Tokens cannot be checked at the moment', retryAfterS: 5 },
  outcome_unknown: { status: 504, title: 'It is not known whether the write happened' },
  deadline_exceeded: { status: 504, title: 'The time limit of the request is over' },
  service_busy: { status: 503, title: 'The service is busy', retryAfterS: 1 },
  shutting_down: { status: 503, title: 'The service is shutting down', retryAfterS: 1 },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    detail: 'The fault is logged under the request id.',
  },
} as const satisfies Record<ErrorCode, ProblemKind>

const detailMax = 2_000
const faultsMax = 10

/** Problem type of a refusal that names its policies: draft-ietf-httpapi-ratelimit-headers-11, section 5.1. */
const quotaExceeded = 'https://iana.org/assignments/http-problem-types#quota-exceeded'

/** Path of a code's page, on either listener. */
export function problemType(code: ErrorCode): string {
  return `/errors/${code}`
}

/**
 * Turns anything thrown into an AppError. It reports an unavailable Postgres for all verbs; everything else becomes
 * `internal` with the fault as its cause.
 *
 * @param mayHaveHappened whether a broken connection may have committed the request. The verbs of tenants report that
 *   themselves: theirs changed something once the store was told, and nothing before.
 */
export function toAppError(error: unknown, mayHaveHappened = false): AppError {
  if (error instanceof AppError) return error
  const fault = registryFault(error)
  if (fault === undefined) return new AppError('internal', 'unexpected', { cause: error })
  if (fault === 'broken_off' && mayHaveHappened) {
    const words =
      'The registry gave no answer, so it is unknown whether this was done. Check, or send the same request again.'
    return new AppError('outcome_unknown', words, { cause: error })
  }
  const words = isDiskFull(error)
    ? 'The disk of the registry is full. Nothing was changed; try again when its operator has made room.'
    : 'The registry cannot be reached. Try again.'
  return new AppError('registry_unavailable', words, { cause: error })
}

export function problemOf(error: AppError, requestId: string): Problem {
  const kind: ProblemKind = problemKinds[error.code]
  return {
    type: error.policies.length > 0 ? quotaExceeded : problemType(error.code),
    title: kind.title,
    status: kind.status,
    detail: ((error.shown ? undefined : kind.detail) ?? error.message).slice(0, detailMax),
    code: error.code,
    requestId,
    ...(error.faults.length > 0 && { faults: error.faults.slice(0, faultsMax).map(shortened) }),
    ...(error.policies.length > 0 && { 'violated-policies': error.policies }),
  }
}

/** Keeps every error answer below 64 KiB, whatever was sent. */
function shortened({ path, message }: FieldFault): FieldFault {
  return { path: path.slice(0, 300), message: message.slice(0, 1_000) }
}

/** Seconds to wait, for statuses that promise it (429, 503) and for codes with a default. */
export function retryAfterS(error: AppError): number | undefined {
  const kind: ProblemKind = problemKinds[error.code]
  const seconds = error.retryAfterS ?? kind.retryAfterS
  return seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds))
}
