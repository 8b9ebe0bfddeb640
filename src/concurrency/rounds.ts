import { setTimeout as sleep } from 'node:timers/promises'

export interface RoundsOptions {
  /** Pause between the end of a round and the begin of the next. */
  readonly everyMs: number
  /** How much longer a pause may be, by chance, so that replicas don't all begin at once. Default 0. */
  readonly spreadMs?: number
  /** Whether the first round begins at once or after a pause. */
  readonly first: 'now' | 'later'
  /** Told of a round that failed; the next one comes in its time. */
  readonly onFault: (error: unknown) => void
}

/**
 * Background work in rounds, one at a time. Disposing it fires the signal of the round under way and waits for its end.
 */
export function startRounds(
  round: (signal: AbortSignal) => Promise<unknown>,
  { everyMs, spreadMs = 0, first, onFault }: RoundsOptions,
): AsyncDisposable {
  const stop = new AbortController()
  const { signal } = stop
  const pause = () => sleep(everyMs + Math.random() * spreadMs, undefined, { signal }).catch(() => undefined)
  const run = async () => {
    if (first === 'later') await pause()
    for (; !signal.aborted; await pause()) {
      await round(signal).catch((error: unknown) => {
        if (!signal.aborted) onFault(error)
      })
    }
  }
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the rounds are stopped'))
      await running
    },
  }
}
