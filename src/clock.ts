import { setTimeout } from 'node:timers/promises'

/** Time as leases, waits and movers see it: theirs to be handed, so that a simulation can hand them one of its own. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Milliseconds since 1970, to be compared with times that Postgres wrote. */
  epochMs(): number
  /** @throws the signal's abort when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Runs something again and again until it is stopped; it keeps no process alive. */
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
