import { AppError } from '../errors.ts'
import type { NotAttempted } from '../resilience/guarded-attempt.ts'
import { causeOf, isOutOfQuota, isPassingFault, type ProviderFault, providerRetryAfterS } from './provider-fault.ts'

/** The provider's fault as an error of ours, without the request's content. */
export function answerFault(fault: ProviderFault, apiKey: string | undefined): AppError {
  const { status, message } = fault
  const cause = causeOf(fault, apiKey)
  if (status === 401 || status === 403) {
    return unavailable(
      "The answer model refuses this service's credentials. Its operator has to check the API key.",
      cause,
    )
  }
  if (isOutOfQuota(fault)) {
    return unavailable("The answer model's provider has no quota left. Its operator has to check the plan.", cause)
  }
  if (status === 400 && /context|too long|too many tokens|max.*tokens/i.test(message)) {
    return unavailable(
      'The sources are too long for the answer model. Ask with a smaller topK; its operator sets ANSWER_CONTEXT_TOKENS.',
      cause,
    )
  }
  if (status !== undefined && status >= 400 && status < 500 && !isPassingFault(fault)) {
    return unavailable(
      'The answer model refuses the request. Its operator has to check ANSWER_MODEL and the URL.',
      cause,
    )
  }
  return unavailable('The answer model cannot be reached or is busy. Try again.', cause, providerRetryAfterS(fault))
}

export function tookTooLong(): AppError {
  return unavailable('The answer model took too long. Try again.')
}

/** The same as after an attempt, without the time that one takes. */
export function answerNotAsked(cause: NotAttempted): AppError {
  return unavailable('The answer model cannot be reached or is busy. Try again.', cause, cause.retryAfterS)
}

export function brokeOff(): AppError {
  return unavailable('The answer broke off before its end. Try again.')
}

function unavailable(message: string, cause?: Error, retryAfterS?: number): AppError {
  return new AppError('answer_unavailable', message, {
    ...(cause && { cause }),
    ...(retryAfterS !== undefined && { retryAfterS }),
  })
}
