/**
 * The closed list of error codes: every fault that leaves a verb is an AppError with one of them. Surfaces decide what
 * a code means to a caller (status, title, page); see `http/pipeline/problem.ts` and `cli/kit/exit-code.ts`.
 */
export const errorCodes = [
  'invalid_request', // the caller's input is wrong; `faults` names each field
  'unauthenticated', // no token, or one that does not verify
  'forbidden', // a good token without the scope or role
  'origin_refused', // a browser's page of another origin calls
  'host_refused', // the listener is called by a name that is not its own
  'not_found', // not there, or not yours: never told apart
  'method_not_allowed', // the path is known, the method is not one of its own
  'conflict', // the thing exists with other content, or is in a state that forbids this
  'document_busy', // another write to the same document is under way or in doubt
  'move_in_progress', // refused because the tenant is being moved
  'index_limit_reached', // the Pinecone project allows no further index
  'namespace_limit_reached', // the store refuses a further namespace in this index
  'payload_too_large',
  'unsupported_media_type',
  'unreadable_document', // a file that can't be turned into text: encrypted, broken, without text, over a cap
  'tenant_unknown', // a good token of a tenant that was never onboarded, or is gone
  'tenant_suspended',
  'tenant_not_ready', // still being provisioned, or being offboarded
  'quota_exceeded', // the tenant's own limit
  'idempotency_key_in_use', // the first request with this Idempotency-Key is under way
  'idempotency_key_reused', // another request was sent with this Idempotency-Key
  'writes_held', // writes wait for the end of a move; try again
  'store_busy', // the vector store says 429 and retries are used up; nothing was changed
  'store_unavailable', // the vector store cannot be reached; nothing was changed
  'store_inconsistent', // the store shows less than the registry knows is there
  'registry_unavailable', // Postgres cannot be reached and the lease is over
  'embedding_unavailable',
  'answer_unavailable', // the model that writes answers can't be reached, refuses, or broke off
  'rerank_unavailable', // a reranker is configured and gives no scores
  'identity_unavailable', // the issuer's keys cannot be read, so no new token can be checked
  'outcome_unknown', // a write was sent and its fate is not known
  'deadline_exceeded', // the caller's own time limit was over first; nothing was changed
  'service_busy', // this replica is overloaded, or too much is on its way in or out of it; nothing was changed
  'shutting_down',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** One fault in one field of the caller's input; `path` as in `filter.$and[0]`. */
export interface FieldFault {
  readonly path: string
  readonly message: string
}

interface AppErrorOptions {
  readonly cause?: unknown
  readonly faults?: readonly FieldFault[]
  /** Seconds to wait before the caller retries. */
  readonly retryAfterS?: number
  /** Shows this message to the caller although its code has a standard text: it reveals nothing that the text hides. */
  readonly shown?: true
  /** No retry helps before a person has changed something. */
  readonly isLasting?: true
  /** For `quota_exceeded`: the policies, as the header `RateLimit-Policy` names them. */
  readonly policies?: readonly string[]
}

/**
 * A fault with a `message` that the caller sees: it says what to do, and names nothing of another tenant or of our
 * internals.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly faults: readonly FieldFault[]
  readonly retryAfterS: number | undefined
  readonly policies: readonly string[]
  readonly shown: boolean
  readonly isLasting: boolean

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.faults = options.faults ?? []
    this.retryAfterS = options.retryAfterS
    this.policies = options.policies ?? []
    this.shown = options.shown ?? false
    this.isLasting = options.isLasting ?? false
  }
}

export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code)
}
