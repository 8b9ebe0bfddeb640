export interface Backoff {
  /** The wait before the second attempt; it doubles with each further one. */
  readonly baseMs: number
  readonly maxMs: number
}

/**
 * The wait after attempt `attempts` (from 1): exponential with half of it random, so that callers who failed together
 * do not come back together. A store that named a time is never asked earlier.
 */
export function backoffMs(
  backoff: Backoff,
  attempts: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * 2 ** (attempts - 1))
  const jittered = ceiling * (0.5 + random() / 2)
  return retryAfterMs === undefined ? jittered : retryAfterMs + jittered / 2
}

/** `Retry-After` is seconds or a date (RFC 9110, 10.2.3); anything else says nothing. */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1_000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
