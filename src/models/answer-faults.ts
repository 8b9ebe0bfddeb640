import { AppError } from '../errors.ts'

/** How a chat endpoint failed; no status: no answer came, or it broke off. */
export interface ModelFault {
  readonly status: number | undefined
  readonly message: string
  readonly headers: Headers | undefined
}

/** A caller waits: a model that wants longer than this is said to be busy. */
const longestPauseMs = 2_000
const repeatable = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529])

/** Milliseconds until the next try; undefined: there is no use in one. */
export function pauseBeforeRetry({ status, headers }: ModelFault, leastMs: number): number | undefined {
  if (status !== undefined && !repeatable.has(status)) return undefined
  const pauseMs = Math.max(leastMs, retryAfterMs(headers) ?? 0)
  return pauseMs <= longestPauseMs ? pauseMs : undefined
}

/** The fault in our words, with nothing of the request in it but its operator's part. */
export function answerFault({ status, message, headers }: ModelFault, apiKey: string | undefined): AppError {
  const words = message.slice(0, 300)
  const cause = new Error(apiKey ? words.replaceAll(apiKey, '***') : words)
  if (status === 401 || status === 403) {
    return unavailable('The answer model refuses the service itself. Its operator has to check the API key.', cause)
  }
  if (status === 400 && /context|too long|too many tokens|max.*tokens/i.test(message)) {
    return unavailable(
      'The sources are too long for the answer model. Ask with a smaller topK; its operator sets ANSWER_CONTEXT_TOKENS.',
      cause,
    )
  }
  if (status !== undefined && status >= 400 && status < 500 && !repeatable.has(status)) {
    return unavailable(
      'The answer model refuses the request. Its operator has to check ANSWER_MODEL and the URL.',
      cause,
    )
  }
  const pauseMs = retryAfterMs(headers)
  const retryAfterS = pauseMs === undefined ? undefined : Math.min(3_600, Math.ceil(pauseMs / 1_000))
  return unavailable('The answer model cannot be reached or is busy. Try again.', cause, retryAfterS)
}

export function tookTooLong(): AppError {
  return unavailable('The answer model took too long. Try again.')
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

/** `Retry-After` in seconds or as a date (RFC 9110), or in milliseconds as some providers send it. */
function retryAfterMs(headers: Headers | undefined): number | undefined {
  const ms = Number.parseFloat(headers?.get('retry-after-ms') ?? '')
  if (Number.isFinite(ms)) return Math.max(0, ms)
  const text = headers?.get('retry-after') ?? ''
  const seconds = Number.parseFloat(text)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000)
  const untilMs = Date.parse(text) - Date.now()
  return Number.isFinite(untilMs) ? Math.max(0, untilMs) : undefined
}
