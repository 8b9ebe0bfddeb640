/** How waits between tries grow. */
export interface Backoff {
  /** The wait after the first failure; it doubles with each further one. */
  readonly baseMs: number
  readonly maxMs: number
}

/** The wait after a failure where one alone tries again, as the mover of a move does. @param failures before this one. */
export function doubledMs({ baseMs, maxMs }: Backoff, failures: number): number {
  return Math.min(maxMs, baseMs * 2 ** failures)
}

/**
 * The wait after a failure where many may try again: half of it is random ("equal jitter"), so that those that failed
 * together do not come back together.
 * @param failures before this one.
 */
export function backoffMs(backoff: Backoff, failures: number, random: () => number = Math.random): number {
  return doubledMs(backoff, failures) * (0.5 + random() / 2)
}
