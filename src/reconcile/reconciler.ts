import type { Logger } from 'pino'
import { type Clock, systemClock } from '../clock.ts'
import { type JobEnd, LeasedJobs } from '../concurrency/leased-jobs.ts'
import { AppError } from '../errors.ts'
import { type RunReconciliationDeps, runReconciliation } from './run-reconciliation.ts'
import { claimRun, finishRun, insertDueRun, putBackRun, type RunJob, renewRun } from './state/runs.ts'

export interface ReconcilerOptions {
  /** Time that a silent replica keeps its run. */
  readonly leaseMs: number
  /** Interval of looks for a run to do. */
  readonly pollMs: number
  /** A run begins when none has begun for so long; 0: never without a person. */
  readonly everyMs: number
}

const pauseAfterFaultMs = 5_000

/** One replica's worker for reconciliations: one run at a time in the whole deployment, on whichever replica is first. */
export class Reconciler implements AsyncDisposable {
  readonly #jobs: LeasedJobs<RunJob, void>
  readonly #timer: ReturnType<Clock['every']>

  constructor(
    deps: RunReconciliationDeps & { readonly log: Pick<Logger, 'warn'> },
    { leaseMs, pollMs, everyMs }: ReconcilerOptions,
  ) {
    const { db, log } = deps
    this.#jobs = new LeasedJobs<RunJob, void>(
      {
        async claim() {
          if (everyMs > 0) await insertDueRun(db, everyMs)
          return claimRun(db, leaseMs)
        },
        renew: (job) => renewRun(db, job, leaseMs),
        run: (job, { signal }) => runReconciliation(deps, job, signal),
        release: (job, end) => release(deps, job, end),
        onFault: (error) => log.warn({ err: error }, 'looking for reconciliations failed'),
      },
      { leaseMs, slots: 1 },
    )
    this.#timer = systemClock.every(pollMs, () => this.#jobs.wake())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.stop()
    this.#jobs.stop(new AppError('shutting_down', 'The service is shutting down; the run goes on elsewhere.'))
    await this.#jobs[Symbol.asyncDispose]()
  }
}

async function release(
  { db, log }: Pick<RunReconciliationDeps, 'db' | 'log'>,
  job: RunJob,
  end: JobEnd<void>,
): Promise<void> {
  switch (end.kind) {
    case 'lost':
      return
    case 'done':
      return finishRun(db, job)
    case 'stopped':
      return putBackRun(db, job, 0, null)
    case 'failed': {
      log.warn({ err: end.error }, 'a reconciliation stopped; it goes on soon')
      const fault = end.error instanceof AppError ? end.error.message : 'an unexpected fault; see the log'
      return putBackRun(db, job, pauseAfterFaultMs, fault)
    }
  }
}
