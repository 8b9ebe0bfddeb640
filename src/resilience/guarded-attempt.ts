import { type AttemptEnd, type Guard, isRefused } from './guard.ts'

/** An attempt that was not made: the endpoint's last ones failed, or too many wait for it already. */
export class NotAttempted extends Error {
  override readonly name = 'NotAttempted'
  readonly retryAfterS: number

  constructor(refused: 'open' | 'full', retryAfterS: number) {
    super(
      refused === 'open' ? 'the last requests to the endpoint all failed' : 'too many requests wait for the endpoint',
    )
    this.retryAfterS = retryAfterS
  }
}

/**
 * Makes one attempt, if the guard lets it through.
 * @param isFault whether what was thrown shows that the endpoint does not work; a refusal of ours does not.
 * @throws NotAttempted, or whatever the attempt throws.
 */
export async function guardedAttempt<T>(
  guard: Guard | undefined,
  signal: AbortSignal | undefined,
  isFault: (thrown: unknown) => boolean,
  attempt: () => Promise<T>,
): Promise<T> {
  if (guard === undefined) return attempt()
  const pass = guard.enter()
  if (isRefused(pass)) throw new NotAttempted(pass.refused, pass.retryAfterS)
  let end: AttemptEnd = 'answered'
  try {
    return await attempt()
  } catch (thrown) {
    end = signal?.aborted ? 'abandoned' : isFault(thrown) ? 'failed' : 'answered'
    throw thrown
  } finally {
    pass(end)
  }
}
