import { monitorEventLoopDelay } from 'node:perf_hooks'
import { AppError } from '../errors.ts'

const nanosecondsPerMs = 1_000_000
const lookEveryMs = 500
/** Looks in a row that must be above the limit: one long task is no overload. */
const looksInARow = 2

/** The delay of the event loop since the last look, in milliseconds: half of the samples were above it. */
export interface LoopDelay {
  /** Undefined when the loop did not turn in between. */
  take(): number | undefined
  stop(): void
}

/**
 * Load shedding: while the event loop is late, answers are late however few requests wait, and each further request
 * makes all of them later. New ones are refused then, before anything is done for them.
 */
export class Overload implements Disposable {
  readonly #limitMs: number
  readonly #delay: LoopDelay | undefined
  readonly #timer: ReturnType<typeof setInterval> | undefined
  readonly #onShed: () => void
  #above = 0

  /** @param limitMs 0: nothing is ever refused. */
  constructor(limitMs: number, onShed: () => void = () => undefined, delay: () => LoopDelay = loopDelay) {
    this.#limitMs = limitMs
    this.#onShed = onShed
    if (limitMs === 0) return
    this.#delay = delay()
    this.#timer = setInterval(() => this.look(), lookEveryMs)
    this.#timer.unref()
  }

  /** Looks at the delay now; a timer does so twice a second. */
  look(): void {
    const delayMs = this.#delay?.take()
    if (delayMs === undefined) return
    this.#above = delayMs > this.#limitMs ? this.#above + 1 : 0
  }

  /** @throws AppError `service_busy` while the replica is overloaded. */
  check = (): void => {
    if (this.#above < looksInARow) return
    this.#onShed()
    throw new AppError('service_busy', 'This replica is overloaded. Nothing was done; try again shortly.', {
      retryAfterS: 2,
    })
  };

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#delay?.stop()
  }
}

function loopDelay(): LoopDelay {
  const resolutionMs = 20
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  return {
    take() {
      // The samples include the time between two of them.
      if (histogram.count === 0) return undefined
      const delayMs = histogram.percentile(50) / nanosecondsPerMs - resolutionMs
      histogram.reset()
      return Math.max(0, delayMs)
    },
    stop: () => void histogram.disable(),
  }
}
