export interface Backoff {
  /** The wait before the second attempt; it doubles with each further one. */
  readonly baseMs: number
  readonly maxMs: number
}

/**
 * The wait after attempt `attempts` (from 1): exponential, and half of it random, so that callers that failed together
 * do not retry together. It is never shorter than the time that the store named.
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

/** Parses `Retry-After`: seconds or a date (RFC 9110, 10.2.3); undefined for anything else. */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1_000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
