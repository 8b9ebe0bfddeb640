import { type Clock, systemClock } from '../clock.ts'

/** A job claimed under a lease, as its work sees it. */
export interface Claim {
  /** Fires when the claim is lost or the process stops: the work sends nothing for this job afterwards. */
  readonly signal: AbortSignal
  /** Whether the claim still holds by this process's clock, which counts it a tenth shorter than its row does. */
  stillMine(): boolean
}

/** How a job left this process: its work completed or threw, the claim was lost, or the process stops. */
export type JobEnd<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'lost' | 'stopped' }

export interface LeasedJobsWork<Job, Result> {
  /** Claims the next job for `leaseMs`; undefined when there is none. */
  claim(running: readonly Job[]): Promise<Job | undefined>
  /** Extends the claim by `leaseMs`; false when another process has the job. */
  renew(job: Job): Promise<boolean>
  run(job: Job, claim: Claim): Promise<Result>
  /** Gives the job back, or records its result. */
  release(job: Job, end: JobEnd<Result>): Promise<void>
  /**
   * Called when a claim, a renewal or a release fails; the job's lease then expires, and another process may claim it.
   */
  onFault(error: unknown, during: 'claim' | 'release'): void
}

export interface LeasedJobsOptions {
  readonly leaseMs: number
  /** Concurrent jobs. */
  readonly slots: number
  readonly clock?: Clock
}

/**
 * Work that any replica may do and one does at a time: it claims a row under a lease, renews it while the work runs,
 * and releases it afterwards. A wake-up that arrives during a look is not lost, and each job that ends triggers another
 * look.
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

  /** Looks for jobs now, and claims as many as there are free slots. */
  wake(): void {
    this.#again = true
    if (this.#stop.signal.aborted) return
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
      // It came when the look was just over.
      if (this.#again) this.wake()
    })
  }

  /** Claims nothing more and aborts running jobs. */
  stop(reason: unknown = new Error('the jobs are stopped')): void {
    this.#stop.abort(reason)
  }

  /** Stops, and resolves when nothing runs. */
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
      const run = this.#runLeased(job).finally(() => {
        this.#running.delete(run)
        this.wake()
      })
      this.#running.set(run, job)
    }
  }

  async #runLeased(job: Job): Promise<void> {
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
   * Renews the claim four times per lease. A claim not renewed for nine tenths of its lease is lost at that moment, by
   * this process's clock, whatever the registry says.
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

/** Another process has the job, or its lease ran out: the holder stops silently. */
class LostClaim extends Error {
  override readonly name = 'LostClaim'
}
