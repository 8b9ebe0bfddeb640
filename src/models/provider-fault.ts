/** How an OpenAI-compatible endpoint failed; without a status, no answer came or it broke off. */
export interface ProviderFault {
  readonly status: number | undefined
  /** OpenAI's own code of the fault, as in `{"error":{"code":"insufficient_quota"}}`. */
  readonly code: string | undefined
  readonly message: string
  readonly headers: Headers | undefined
}

/** How OpenAI, and providers that speak its protocol, say so. */
const noMoney = /insufficient[_ ](?:quota|balance|funds|credits?)|billing_(?:hard_limit_reached|not_active)/i
const repeatable = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529])

/** Whether the account is out of money: that answers 429 too, but no retry helps. */
export function isOutOfQuota({ status, code, message }: ProviderFault): boolean {
  return status === 402 || (status === 429 && noMoney.test(`${code} ${message}`))
}

/** Whether the same request may succeed a little later. */
export function isPassingFault(fault: ProviderFault): boolean {
  return (fault.status === undefined || repeatable.has(fault.status)) && !isOutOfQuota(fault)
}

/** Milliseconds until the next try; undefined when a retry is pointless or would exceed the longest pause. */
export function pauseBeforeRetry(fault: ProviderFault, leastMs: number, longestMs: number): number | undefined {
  if (!isPassingFault(fault)) return undefined
  const pauseMs = Math.max(leastMs, retryAfterMs(fault.headers) ?? 0)
  return pauseMs <= longestMs ? pauseMs : undefined
}

/** The provider's requested wait, in whole seconds, at most 3,600. */
export function providerRetryAfterS({ headers }: ProviderFault): number | undefined {
  const ms = retryAfterMs(headers)
  return ms === undefined ? undefined : Math.min(3_600, Math.max(1, Math.ceil(ms / 1_000)))
}

/** The provider's message for our log, with the key removed. */
export function causeOf({ message }: ProviderFault, apiKey: string | undefined): Error {
  const words = message.slice(0, 300)
  // Not the SDK's own error: it holds the request's headers.
  return new Error(apiKey ? words.replaceAll(apiKey, '***') : words)
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
