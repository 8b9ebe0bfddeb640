import { setTimeout } from 'node:timers/promises'

/** Time for leases, waits and movers. They take it as an argument, so that a simulation can supply its own. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Milliseconds since 1970, comparable with times that Postgres wrote. */
  epochMs(): number
  /** @throws the signal's abort when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `run` repeatedly until stopped; it keeps no process alive. */
  every(ms: number, run: () => void): { stop(): void }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  epochMs: () => Date.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { ...(signal && { signal }), ref: signal !== undefined }),
  every(ms, run) {
    const timer = setInterval(run, ms)
    timer.unref()
    return { stop: () => clearInterval(timer) }
  },
}
