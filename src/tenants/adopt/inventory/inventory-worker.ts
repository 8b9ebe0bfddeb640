import type { Logger } from 'pino'
import { type Clock, systemClock } from '../../../clock.ts'
import { type JobEnd, LeasedJobs } from '../../../concurrency/leased-jobs.ts'
import { AppError } from '../../../errors.ts'
import {
  claimInventory,
  type InventoryJob,
  putBackInventory,
  renewInventory,
} from '../../../registry/inventory/inventory-work.ts'
import { type BuildInventoryDeps, buildInventory } from './build-inventory.ts'

export interface InventoryWorkerOptions {
  /** Time that a silent replica keeps its inventory. */
  readonly leaseMs: number
  /** Interval of looks for inventories to build. */
  readonly pollMs: number
}

/** Inventories that a replica builds at once: they share the pace of their index. */
const slots = 2
const pauseAfterFaultMs = 5_000
/** Time in which a replica hears that the tenant has moved. */
const pauseAfterMoveMs = 500

/** One replica's worker for inventories of adopted tenants. */
export class InventoryWorker implements AsyncDisposable {
  readonly #jobs: LeasedJobs<InventoryJob, boolean>
  readonly #timer: ReturnType<Clock['every']>

  constructor(deps: BuildInventoryDeps & { readonly log: Pick<Logger, 'warn'> }, options: InventoryWorkerOptions) {
    const { db, log } = deps
    const { leaseMs, pollMs } = options
    this.#jobs = new LeasedJobs<InventoryJob, boolean>(
      {
        claim: () => claimInventory(db, leaseMs),
        renew: (job) => renewInventory(db, job, leaseMs),
        run: (job, { signal }) => buildInventory(deps, job, signal),
        release: (job, end) => release(deps, job, end),
        onFault: (error) => log.warn({ err: error }, 'looking for inventories failed'),
      },
      { leaseMs, slots },
    )
    this.#timer = systemClock.every(pollMs, () => this.#jobs.wake())
  }

  /** Claims nothing more; another replica goes on with what this one was at. */
  stop(): void {
    this.#timer.stop()
    this.#jobs.stop(new AppError('shutting_down', 'The service is shutting down; the inventory goes on elsewhere.'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#jobs[Symbol.asyncDispose]()
  }
}

/** An inventory that is not done is claimed again: at once, or after a pause where something failed. */
async function release(
  { db, log }: BuildInventoryDeps & { readonly log: Pick<Logger, 'warn'> },
  job: InventoryJob,
  end: JobEnd<boolean>,
): Promise<void> {
  switch (end.kind) {
    case 'lost':
      return
    case 'done':
      return end.result ? undefined : putBackInventory(db, job, pauseAfterMoveMs, null)
    case 'stopped':
      return putBackInventory(db, job, 0, null)
    case 'failed': {
      log.warn({ err: end.error, tenant: job.tenantId }, 'an inventory stopped; it goes on soon')
      const fault = end.error instanceof AppError ? end.error.message : 'an unexpected fault; see the log'
      return putBackInventory(db, job, pauseAfterFaultMs, fault)
    }
  }
}
