import { type Clock, systemClock } from '../clock.ts'

/** A job that was taken under a lease, as its work sees it. */
export interface Claim {
  /** Fires when the claim is lost or the process stops: nothing of the job may be sent after it. */
  readonly signal: AbortSignal
  /** Whether the claim still holds by our own clock, which counts it a tenth shorter than its row does. */
  stillMine(): boolean
}

/** How a job left this process: its work came to an end, or threw; or the claim was lost, or the process stops. */
export type JobEnd<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'lost' | 'stopped' }

export interface LeasedJobsWork<Job, Result> {
  /** Takes the next job for `leaseMs`; undefined when there is none. */
  claim(running: readonly Job[]): Promise<Job | undefined>
  /** Holds a job for another `leaseMs`; false when somebody else has it. */
  renew(job: Job): Promise<boolean>
  run(job: Job, claim: Claim): Promise<Result>
  /** Gives the job back, or writes down what became of it. */
  release(job: Job, end: JobEnd<Result>): Promise<void>
  /** A claim, a renewal or a release failed: the lease sees to the rest. */
  onFault(error: unknown, during: 'claim' | 'release'): void
}

export interface LeasedJobsOptions {
  readonly leaseMs: number
  /** Jobs at once. */
  readonly slots: number
  readonly clock?: Clock
}

/**
 * Work that any replica may do and one does at a time: a row is claimed under a lease, which is renewed while the work
 * runs, and given back after it. A wake-up that comes during a look is not lost, and each job that ends leads to a look.
 */
export class LeasedJobs<Job, Result> implements AsyncDisposable {
  readonly #work: LeasedJobsWork<Job, Result>
  readonly #leaseMs: number
  readonly #slots: number
  readonly #clock: Clock
  readonly #stop = new AbortController()
  readonly #running = new Map<Promise<void>, Job>()
  #looking: Promise<void> | undefined
  #again = false

  constructor(work: LeasedJobsWork<Job, Result>, { leaseMs, slots, clock = systemClock }: LeasedJobsOptions) {
    this.#work = work
    this.#leaseMs = leaseMs
    this.#slots = slots
    this.#clock = clock
  }

  /** Looks for jobs now, as many as there is room for. */
  wake(): void {
    this.#again = true
    if (this.#stop.signal.aborted) return
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
      // It came when the look was just over.
      if (this.#again) this.wake()
    })
  }

  /** Takes nothing more and tells what runs to stop. */
  stop(reason: unknown = new Error('the jobs are stopped')): void {
    this.#stop.abort(reason)
  }

  /** Stops, and comes back when nothing runs any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#looking
    await Promise.all(this.#running.keys())
  }

  async #look(): Promise<void> {
    while (this.#again) {
      this.#again = false
      try {
        await this.#take()
      } catch (error) {
        // The next look is the next wake-up's: a registry that is unavailable is not asked without a pause.
        this.#again = false
        if (!this.#stop.signal.aborted) this.#work.onFault(error, 'claim')
      }
    }
  }

  async #take(): Promise<void> {
    while (!this.#stop.signal.aborted && this.#running.size < this.#slots) {
      const job = await this.#work.claim([...this.#running.values()])
      if (job === undefined) return
      const run = this.#carry(job).finally(() => {
        this.#running.delete(run)
        this.wake()
      })
      this.#running.set(run, job)
    }
  }

  async #carry(job: Job): Promise<void> {
    const over = new AbortController()
    const lost = new AbortController()
    const holdsUntil = this.#renewing(job, lost, over.signal)
    const signal = AbortSignal.any([this.#stop.signal, lost.signal])
    const claim: Claim = { signal, stillMine: () => !signal.aborted && this.#clock.now() < holdsUntil() }
    const end = await this.#run(job, claim).catch((error: unknown): JobEnd<Result> => {
      if (lost.signal.aborted) return { kind: 'lost' }
      return this.#stop.signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error }
    })
    over.abort()
    await this.#work.release(job, end).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#work.onFault(error, 'release')
    })
  }

  async #run(job: Job, claim: Claim): Promise<JobEnd<Result>> {
    return { kind: 'done', result: await this.#work.run(job, claim) }
  }

  /**
   * Renews the claim four times a lease. One that was not renewed for nine tenths of it is lost at that moment, by our
   * own clock, whatever the registry says.
   * @returns until when it holds.
   */
  #renewing(job: Job, lost: AbortController, over: AbortSignal): () => number {
    const heldMs = this.#leaseMs * 0.9
    let holdsUntilMs = this.#clock.now() + heldMs
    const renewal = this.#clock.every(this.#leaseMs / 4, async () => {
      const sentAtMs = this.#clock.now()
      const renewed = await this.#work.renew(job).catch(() => undefined)
      if (renewed) holdsUntilMs = sentAtMs + heldMs
      if (renewed === false) lost.abort(new LostClaim())
    })
    const watch = async () => {
      for (let leftMs = heldMs; leftMs > 0; leftMs = holdsUntilMs - this.#clock.now())
        await this.#clock.sleep(Math.ceil(leftMs), over)
      lost.abort(new LostClaim())
    }
    watch().catch(() => undefined)
    over.addEventListener('abort', () => renewal.stop(), { once: true })
    return () => holdsUntilMs
  }
}

/** Another has the job, or the lease on it ran out: whoever gets this stops without a word. */
class LostClaim extends Error {
  override readonly name = 'LostClaim'
}
