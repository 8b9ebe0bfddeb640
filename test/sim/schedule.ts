import type { Clock } from '../../src/clock.ts'

/** A pending step that waits to be picked. */
export interface Point {
  readonly actor: string
  /** The step's name in tests: `a: upsert g1 r1: apply`. */
  readonly label: string
  /** The step happens before time passes this. */
  readonly byMs: number
  readonly go: () => void
}

interface Sleeper {
  readonly actor: string
  readonly wakeMs: number
  readonly wake: () => void
}

/** Picks which of the points that wait goes next; undefined: none, let time pass. */
export type Pick = (points: readonly Point[], canWait: boolean) => Point | undefined

export interface Hold {
  /** Whether something is held. */
  readonly reached: boolean
  release(): void
}

/**
 * Puts everything that a world does into one order, with a clock of its own. Every effect waits at a named point until
 * it is picked; then the process runs until it is quiet again; when nothing is picked, time goes on to the next sleeper.
 */
export class Schedule {
  readonly #points: Point[] = []
  readonly #sleepers = new Set<Sleeper>()
  readonly #dead = new Set<string>()
  readonly #holds = new Set<{ readonly match: (label: string) => boolean }>()
  #trace: string[] = []
  #nowMs = 1_700_000_000_000
  #busy = 0
  #onIdle: (() => void) | undefined
  readonly #grainMs: number
  readonly #maxSteps: number
  pick: Pick = (points) => points[0]
  /** Runs after everything that has happened; what it throws ends the run. */
  after: (label: string) => Promise<void> = async () => undefined

  /**
   * @param grainMs timers go off at multiples of it: later than asked for, as timers may, and several at once.
   * @param maxSteps after how many of them what is waited for is taken never to come.
   */
  constructor(grainMs = 1, maxSteps = 20_000) {
    this.#grainMs = grainMs
    this.#maxSteps = maxSteps
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** The last few thousand steps. */
  get trace(): readonly string[] {
    return this.#trace
  }

  isDead(actor: string): boolean {
    return this.#dead.has(actor)
  }

  /** Waits until it is picked; never goes on when its actor has died meanwhile. */
  point(actor: string, label: string, byMs = Number.POSITIVE_INFINITY): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (!this.#dead.has(actor)) this.#points.push({ actor, label: `${actor}: ${label}`, byMs, go: resolve })
    return promise
  }

  /** Marks real work outside (Postgres): the process is not quiet before it has ended. */
  async busy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1
    try {
      return await work()
    } finally {
      this.#busy -= 1
      if (this.#busy === 0) this.#onIdle?.()
    }
  }

  /** The clock of one actor. */
  clock(actor: string): Clock {
    const sleep = (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { actor, wakeMs: this.#whenOver(ms), wake: resolve }
        this.#sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          if (this.#sleepers.delete(sleeper)) reject(signal.reason)
        })
      })
    return {
      now: () => this.#nowMs,
      epochMs: () => this.#nowMs,
      sleep,
      every(ms, run) {
        let stopped = false
        const loop = async () => {
          for (;;) {
            await sleep(ms)
            if (stopped) return
            run()
          }
        }
        void loop()
        return {
          stop() {
            stopped = true
          },
        }
      },
    }
  }

  /** Nothing of the actor goes on: a `kill -9`. */
  kill(actor: string): void {
    this.#dead.add(actor)
    for (const point of [...this.#points])
      if (point.actor === actor) this.#points.splice(this.#points.indexOf(point), 1)
    for (const sleeper of this.#sleepers) if (sleeper.actor === actor) this.#sleepers.delete(sleeper)
  }

  /** Holds what matches, from now on, until it is released. */
  hold(match: RegExp | string): Hold {
    const hold = { match: (label: string) => (typeof match === 'string' ? match === label : match.test(label)) }
    this.#holds.add(hold)
    const isReached = () => this.#points.some((point) => hold.match(point.label))
    return {
      get reached() {
        return isReached()
      },
      release: () => void this.#holds.delete(hold),
    }
  }

  releaseAll(): void {
    this.#holds.clear()
  }

  /** Lets things happen until `done`; @throws with what happened last when that does not come. */
  async until(done: () => boolean | Promise<boolean>, maxSteps = this.#maxSteps): Promise<void> {
    await this.#quiet()
    for (let step = 0; !(await done()); step += 1) {
      if (step >= maxSteps)
        throw new Error(`not reached in ${maxSteps} steps; last:\n${this.#trace.slice(-60).join('\n')}`)
      await this.step()
    }
  }

  /** Lets one thing happen, or time pass. @returns false when nothing is left. */
  async step(): Promise<boolean> {
    const free = this.#points.filter((point) => ![...this.#holds].some((hold) => hold.match(point.label)))
    const picked = free.length === 0 ? undefined : this.pick(free, this.#sleepers.size > 0)
    const wakeMs = Math.min(...[...this.#sleepers].map((one) => one.wakeMs))
    const next = picked ?? free.find((point) => point.byMs < wakeMs)
    if (next !== undefined) {
      this.#points.splice(this.#points.indexOf(next), 1)
      this.#note(next.label)
      next.go()
    } else if (!this.#wakeNext()) return false
    await this.#quiet()
    await this.after(next?.label ?? '')
    return true
  }

  /** Lets time pass while things happen. */
  async pass(ms: number): Promise<void> {
    let over = false
    const sleeper = { actor: 'the test', wakeMs: this.#whenOver(ms), wake: () => (over = true) }
    this.#sleepers.add(sleeper)
    await this.until(() => over)
  }

  /** Labels of what is about to happen. */
  get pending(): readonly string[] {
    return this.#points.map((point) => point.label)
  }

  #whenOver(ms: number): number {
    return Math.ceil((this.#nowMs + Math.max(1, ms)) / this.#grainMs) * this.#grainMs
  }

  #wakeNext(): boolean {
    let first: Sleeper | undefined
    for (const one of this.#sleepers) if (first === undefined || one.wakeMs < first.wakeMs) first = one
    if (first === undefined) return false
    this.#nowMs = Math.max(this.#nowMs, first.wakeMs)
    this.#sleepers.delete(first)
    first.wake()
    return true
  }

  async #quiet(): Promise<void> {
    do {
      if (this.#busy > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.#busy > 0)
  }

  /** Lets go of the steps: what never ends in a killed replica keeps the schedule in memory. */
  forget(): void {
    this.#trace = []
  }

  #note(label: string): void {
    this.#trace.push(`${this.#nowMs % 10_000_000} ${label}`)
    if (this.#trace.length > 4000) this.#trace.splice(0, 2000)
  }
}
