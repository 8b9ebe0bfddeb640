import type { Logger } from 'pino'
import { type Clock, systemClock } from '../clock.ts'
import { type JobEnd, LeasedJobs } from '../concurrency/leased-jobs.ts'
import type { Database } from '../db/connect.ts'
import { registryFault } from '../db/registry-fault.ts'
import { AppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { uploadsChannel } from '../registry/uploads/enqueue-uploads.ts'
import { type ClaimedUpload, claimUpload, sweepUploads, uploadClaimEnds } from '../registry/uploads/upload-claims.ts'
import { dropUploads } from '../registry/uploads/uploads.ts'
import { isLost, type ProcessUploadDeps, processUpload } from './process-upload.ts'
import { decideUploadRetry, isTakenTooOften, type UploadRetryDecision } from './upload-retry.ts'

export interface IngestWorkerOptions {
  /** Concurrent uploads of this replica. */
  readonly atOnce: number
  /** Time that a silent worker keeps its upload. */
  readonly leaseMs: number
  /** Interval of looks for due uploads, which send no notification. */
  readonly pollMs: number
  readonly sweepEveryMs: number
}

export type UploadOutcome = 'ready' | 'failed' | 'again' | 'dropped' | 'lost'

export interface IngestWorkerDeps extends Omit<ProcessUploadDeps, 'db'> {
  readonly log: Logger
  readonly onDone: (outcome: UploadOutcome, ms: number) => void
}

/** An upload that this replica works on, with its start on this replica's clock. */
interface UploadJob extends ClaimedUpload {
  readonly startedMs: number
}

/** One replica's worker: it claims uploads in turn and stores each. */
export class IngestWorker implements AsyncDisposable {
  readonly #database: Database
  readonly #deps: IngestWorkerDeps
  readonly #options: IngestWorkerOptions
  readonly #clock = systemClock
  readonly #jobs: LeasedJobs<UploadJob, void>
  readonly #timers: ReturnType<Clock['every']>[] = []
  #stopped = false
  #unlisten: (() => Promise<void>) | undefined

  constructor(database: Database, deps: IngestWorkerDeps, options: IngestWorkerOptions) {
    this.#database = database
    this.#deps = deps
    this.#options = options
    const { leaseMs, atOnce: slots } = options
    this.#jobs = new LeasedJobs<UploadJob, void>(
      {
        claim: (running) => this.#claim(running),
        renew: (job) => uploadClaimEnds(database.db).renew(job, leaseMs),
        run: (job, { signal }) => this.#run(job, signal),
        release: (job, end) => this.#release(job, end),
        onFault: (error) => deps.log.warn({ err: error }, 'looking for uploads failed'),
      },
      { leaseMs, slots, clock: this.#clock },
    )
  }

  async start(): Promise<void> {
    const look = () => this.#jobs.wake()
    this.#unlisten = await this.#database.listen(uploadsChannel, look, look)
    this.#timers.push(this.#clock.every(this.#options.pollMs, look))
    this.#timers.push(this.#clock.every(this.#options.sweepEveryMs, () => void this.#sweep()))
  }

  /** Claims nothing more. Uploads being read or embedded go back to the queue; one being stored ends first. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) timer.stop()
    this.#jobs.stop(new AppError('shutting_down', 'The service is shutting down; the upload continues elsewhere.'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#unlisten?.().catch(() => undefined)
    await this.#jobs[Symbol.asyncDispose]()
  }

  async #claim(running: readonly UploadJob[]): Promise<UploadJob | undefined> {
    const { leaseMs, atOnce } = this.#options
    const except = tenantsWithTheirShare(running, atOnce)
    const job = await claimUpload(this.#database.db, { leaseMs, except })
    return job && { ...job, startedMs: this.#clock.now() }
  }

  async #run(job: UploadJob, signal: AbortSignal): Promise<void> {
    if (isTakenTooOften(job.attempts)) throw new Error('every attempt ended without a result')
    await processUpload({ ...this.#deps, db: this.#database.db }, job, signal)
  }

  async #release(job: UploadJob, end: JobEnd<void>): Promise<void> {
    const outcome = await this.#writeDown(job, end).catch((error: unknown): UploadOutcome => {
      // The registry is unavailable: the lease runs out and the upload is taken again.
      const words = 'the outcome of an upload could not be recorded'
      this.#deps.log.warn({ err: error, tenant: job.tenantId }, words)
      return 'lost'
    })
    this.#deps.onDone(outcome, this.#clock.now() - job.startedMs)
  }

  async #writeDown(job: UploadJob, end: JobEnd<void>): Promise<UploadOutcome> {
    if (end.kind === 'lost' || (end.kind === 'failed' && isLost(end.error))) return 'lost'
    const { db } = this.#database
    const ends = uploadClaimEnds(db)
    if (end.kind === 'done') {
      await ends.done(job)
      return 'ready'
    }
    const fate = end.kind === 'failed' ? decideUploadRetry(plain(end.error), job.attempts) : shutDown
    if (end.kind === 'failed' && fate.kind !== 'again') {
      const { tenantId, documentId } = job
      this.#deps.log.warn(
        { err: end.error, tenant: tenantId, documentId, fate: fate.kind },
        'an upload did not end well',
      )
    }
    switch (fate.kind) {
      case 'again':
        await ends.putBack(job, fate.afterMs, fate.reason)
        return 'again'
      case 'failed':
        await ends.fail(job, fate.reason)
        return 'failed'
      case 'dropped':
        await dropUploads(db, job.tenantId, [job.id])
        return 'dropped'
    }
  }

  async #sweep(): Promise<void> {
    await sweepUploads(this.#database.db).catch((error: unknown) => {
      if (!this.#stopped) this.#deps.log.warn({ err: error }, 'sweeping uploads failed')
    })
  }
}

/** Tenants that may use no more of this replica: one slot is always left to others. */
function tenantsWithTheirShare(running: readonly UploadJob[], atOnce: number): readonly TenantId[] {
  const most = Math.max(1, atOnce - 1)
  const byTenant = Map.groupBy(running, ({ tenantId }) => tenantId)
  return [...byTenant].filter(([, jobs]) => jobs.length >= most).map(([tenantId]) => tenantId)
}

const shutDown: UploadRetryDecision = { kind: 'again', afterMs: 0 }

/** Reduces faults: an unavailable Postgres is transient, and no fault of the file. */
function plain(error: unknown): unknown {
  if (error instanceof AppError || registryFault(error) === undefined) return error
  return new AppError('registry_unavailable', 'The registry could not be reached.', { cause: error })
}
