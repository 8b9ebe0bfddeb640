import { systemClock } from '../clock.ts'
import { within } from '../within.ts'

export interface FlushOptions {
  /** Interval between reports. Default one minute. */
  readonly everyMs?: number
  readonly onError?: (error: unknown) => void
}

const flushAtEndMs = 2_000

/** Reports what a replica has counted, at intervals and at its end, where it waits up to 2 s: a minute is no great loss. */
export function flushEvery(
  flush: () => Promise<void>,
  { everyMs = 60_000, onError = () => undefined }: FlushOptions = {},
): AsyncDisposable {
  const report = () => flush().catch(onError)
  const timer = systemClock.every(everyMs, () => void report())
  return {
    async [Symbol.asyncDispose]() {
      timer.stop()
      await within(flushAtEndMs, report())
    },
  }
}
