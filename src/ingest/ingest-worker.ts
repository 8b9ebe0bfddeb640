import type { Logger } from 'pino'
import type { Database } from '../db/connect.ts'
import { registryFault } from '../db/registry-fault.ts'
import { AppError } from '../errors.ts'
import { uploadsChannel } from '../registry/uploads/enqueue-uploads.ts'
import { type ClaimedUpload, claimUpload, sweepUploads, uploadClaimEnds } from '../registry/uploads/upload-claims.ts'
import { dropUploads } from '../registry/uploads/uploads.ts'
import { isLost, LostUpload, type ProcessUploadDeps, processUpload } from './process-upload.ts'
import { isTakenTooOften, type UploadFate, uploadFate } from './upload-fate.ts'

export interface IngestWorkerOptions {
  /** Uploads that this replica works on at once. */
  readonly atOnce: number
  /** How long a worker that is not heard of keeps its upload. */
  readonly leaseMs: number
  /** Uploads that become due make no noise; they are looked for so often. */
  readonly pollMs: number
  readonly sweepEveryMs: number
}

export type UploadOutcome = 'ready' | 'failed' | 'again' | 'dropped' | 'lost'

export interface IngestWorkerDeps extends Omit<ProcessUploadDeps, 'db'> {
  readonly log: Logger
  readonly onDone: (outcome: UploadOutcome, ms: number) => void
}

/** The worker of one replica: takes uploads in their turn and brings each into the store. */
export class IngestWorker implements AsyncDisposable {
  readonly #database: Database
  readonly #deps: IngestWorkerDeps
  readonly #options: IngestWorkerOptions
  readonly #stop = new AbortController()
  readonly #running = new Map<Promise<void>, ClaimedUpload>()
  readonly #timers: NodeJS.Timeout[] = []
  #unlisten: (() => Promise<void>) | undefined
  #looking = false
  #again = false

  constructor(database: Database, deps: IngestWorkerDeps, options: IngestWorkerOptions) {
    this.#database = database
    this.#deps = deps
    this.#options = options
  }

  async start(): Promise<void> {
    const look = () => void this.#look()
    this.#unlisten = await this.#database.listen(uploadsChannel, look, look)
    this.#timers.push(setInterval(look, this.#options.pollMs))
    this.#timers.push(setInterval(() => void this.#sweep(), this.#options.sweepEveryMs))
  }

  /** Takes nothing more; what is being read or embedded is put back for others, what is being stored ends first. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#stop.abort(new AppError('shutting_down', 'The service is shutting down; the upload goes on elsewhere.'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#unlisten?.().catch(() => undefined)
    while (this.#running.size > 0 || this.#looking) {
      await Promise.all(this.#running.keys())
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async #look(): Promise<void> {
    this.#again = true
    if (this.#looking) return
    this.#looking = true
    try {
      while (this.#again) {
        this.#again = false
        await this.#take()
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#deps.log.warn({ err: error }, 'uploads could not be looked for')
    } finally {
      this.#looking = false
    }
  }

  async #take(): Promise<void> {
    const { atOnce, leaseMs } = this.#options
    while (!this.#stop.signal.aborted && this.#running.size < atOnce) {
      const job = await claimUpload(this.#database.db, { leaseMs, except: this.#satisfied() })
      if (job === undefined) return
      const run = this.#carry(job).finally(() => {
        this.#running.delete(run)
        void this.#look()
      })
      this.#running.set(run, job)
    }
  }

  /** Tenants that may have no more of this replica: one place is always left to the others. */
  #satisfied() {
    const most = Math.max(1, this.#options.atOnce - 1)
    const byTenant = Map.groupBy(this.#running.values(), ({ tenantId }) => tenantId)
    return [...byTenant].filter(([, jobs]) => jobs.length >= most).map(([tenantId]) => tenantId)
  }

  /** Works on one upload while its claim is renewed; a claim that can't be renewed stops the work. */
  async #carry(job: ClaimedUpload): Promise<void> {
    const { leaseMs } = this.#options
    const startedMs = performance.now()
    const lost = new AbortController()
    let renewedMs = startedMs
    const renewal = setInterval(async () => {
      if (performance.now() - renewedMs > leaseMs * 0.9) lost.abort(new LostUpload())
      const sentMs = performance.now()
      const renewed = await uploadClaimEnds(this.#database.db)
        .renew(job, leaseMs)
        .catch(() => undefined)
      if (renewed === true) renewedMs = sentMs
      if (renewed === false) lost.abort(new LostUpload())
    }, leaseMs / 4)
    let outcome: UploadOutcome
    try {
      outcome = await this.#bring(job, AbortSignal.any([this.#stop.signal, lost.signal]))
    } catch (error) {
      // The registry is away: the lease runs out and the upload is taken again.
      outcome = 'lost'
      this.#deps.log.warn({ err: error, tenant: job.tenantId }, 'what became of an upload could not be written down')
    } finally {
      clearInterval(renewal)
    }
    this.#deps.onDone(outcome, performance.now() - startedMs)
  }

  async #bring(job: ClaimedUpload, signal: AbortSignal): Promise<UploadOutcome> {
    const { db } = this.#database
    try {
      if (isTakenTooOften(job.attempts)) throw new Error('every attempt ended without a word')
      await processUpload({ ...this.#deps, db }, job, signal)
    } catch (error) {
      return this.#settle(job, error)
    }
    await uploadClaimEnds(db).done(job)
    return 'ready'
  }

  async #settle(job: ClaimedUpload, error: unknown): Promise<UploadOutcome> {
    if (isLost(error)) return 'lost'
    const { db } = this.#database
    const ends = uploadClaimEnds(db)
    const fate = this.#stop.signal.aborted ? shutDown : uploadFate(plain(error), job.attempts)
    if (fate.kind !== 'again') {
      const { tenantId, documentId } = job
      this.#deps.log.warn({ err: error, tenant: tenantId, documentId, fate: fate.kind }, 'an upload did not end well')
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
      if (!this.#stop.signal.aborted) this.#deps.log.warn({ err: error }, 'uploads could not be swept')
    })
  }
}

const shutDown: UploadFate = { kind: 'again', afterMs: 0 }

/** That Postgres could not be asked is a passing fault, and no fault of the file. */
function plain(error: unknown): unknown {
  if (error instanceof AppError || registryFault(error) === undefined) return error
  return new AppError('registry_unavailable', 'The registry could not be reached.', { cause: error })
}
