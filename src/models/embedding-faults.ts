import { AppError } from '../errors.ts'
import type { NotAttempted } from '../resilience/guarded-attempt.ts'
import { causeOf, isOutOfQuota, isPassingFault, type ProviderFault, providerRetryAfterS } from './provider-fault.ts'

const tooLong = /maximum (context|input) length|too long|too many tokens|max.*tokens|less than \d+ tokens/i
/** Said of all texts of a request together, which smaller ones get past. */
const ofBatch = /\bbatch|per request|\btotal\b/i

/**
 * Whether the provider may accept the same texts in smaller requests: it reports this by 400, 413 or 422, each with its
 * own wording. A text that is too long fails in any request.
 */
export function isTooManyTexts({ status, message }: ProviderFault, texts: number): boolean {
  return (
    texts > 1 &&
    (status === 400 || status === 413 || status === 422) &&
    (ofBatch.test(message) || !tooLong.test(message))
  )
}

/** The provider's fault as an error of ours, without the request's content. */
export function embeddingFault(fault: ProviderFault, apiKey: string | undefined): AppError {
  const { status, message } = fault
  const cause = causeOf(fault, apiKey)
  if ((status === 400 || status === 413 || status === 422) && (status === 413 || tooLong.test(message))) {
    return new AppError('invalid_request', 'The text is too long for the embedding model.', { cause })
  }
  if (status === 401 || status === 403) {
    return unavailable(
      "The embedding provider refuses this service's credentials. Its operator has to check the API key.",
      cause,
    )
  }
  if (isOutOfQuota(fault)) {
    return unavailable('The embedding provider has no quota left. Its operator has to check the plan.', cause)
  }
  if (isModelGone(fault)) {
    const words =
      'The embedding provider has no such model, or no longer. Its operator has to check the model and the URL.'
    return new AppError('embedding_unavailable', words, { cause, isLasting: true })
  }
  if (status !== undefined && status >= 400 && status < 500 && !isPassingFault(fault)) {
    return unavailable(
      'The embedding provider refuses the request. Its operator has to check the model, the URL and EMBEDDING_ENCODING.',
      cause,
    )
  }
  return unavailable(
    'The embedding provider cannot be reached or is busy. Try again.',
    cause,
    providerRetryAfterS(fault) ?? 5,
  )
}

/** Whether the provider says that there is no such model: the vendors answer 404 or 410 after its end. */
function isModelGone({ status, code }: ProviderFault): boolean {
  return status === 404 || status === 410 || code === 'model_not_found' || code === 'DeploymentNotFound'
}

/** The same as after an attempt, without the time that one takes. */
export function embeddingNotAsked(cause: NotAttempted): AppError {
  return unavailable('The embedding provider cannot be reached or is busy. Try again.', cause, cause.retryAfterS)
}

export function unavailable(message: string, cause?: Error, retryAfterS?: number): AppError {
  return new AppError('embedding_unavailable', message, {
    ...(cause ? { cause } : {}),
    ...(retryAfterS ? { retryAfterS } : {}),
  })
}
