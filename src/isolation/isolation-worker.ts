import type { Logger } from 'pino'
import { type Clock, systemClock } from '../clock.ts'
import { type JobEnd, LeasedJobs } from '../concurrency/leased-jobs.ts'
import { type IsolationReport, signIsolationReport } from '../evidence/isolation-report.ts'
import type { SigningKey } from '../evidence/signing-key.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import {
  claimIsolationRun,
  endRun,
  findLastReport,
  giveRunBack,
  type IsolationRunRow,
  noteStep,
  renewIsolationRun,
} from '../registry/isolation/isolation-runs.ts'
import { isolationActor } from './make-canaries.ts'
import { type ProveIsolationDeps, proveIsolation } from './prove-isolation.ts'

export interface IsolationWorkerDeps extends ProveIsolationDeps {
  /** Undefined: reports are not signed. */
  readonly signingKey: SigningKey | undefined
  readonly log: Pick<Logger, 'warn' | 'error' | 'info'>
}

export interface IsolationWorkerOptions {
  /** Time that a silent replica keeps its run. */
  readonly leaseMs: number
  readonly pollMs: number
}

/** Tries of a run whose replica ended in the middle. */
const claimsMax = 3

/** One replica's worker: it claims an open run, carries it out and keeps its signed report. */
export class IsolationWorker implements AsyncDisposable {
  readonly #deps: IsolationWorkerDeps
  readonly #jobs: LeasedJobs<IsolationRunRow, IsolationReport>
  readonly #timer: ReturnType<Clock['every']>

  constructor(deps: IsolationWorkerDeps, { leaseMs, pollMs }: IsolationWorkerOptions) {
    this.#deps = deps
    const { db } = deps
    this.#jobs = new LeasedJobs<IsolationRunRow, IsolationReport>(
      {
        claim: () => claimIsolationRun(db, leaseMs),
        renew: (run) => renewIsolationRun(db, run, leaseMs),
        run: (run, { signal }) => this.#run(run, signal),
        release: (run, end) => this.#release(run, end),
        onFault: (error) => deps.log.warn({ err: error }, 'looking for runs of prove-isolation failed'),
      },
      { leaseMs, slots: 1 },
    )
    this.#timer = systemClock.every(pollMs, () => this.#jobs.wake())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.stop()
    await this.#jobs[Symbol.asyncDispose]()
  }

  async #run(run: IsolationRunRow, signal: AbortSignal): Promise<IsolationReport> {
    const { db } = this.#deps
    if (run.claim > claimsMax) throw new Error(`${claimsMax} replicas ended while they carried it out`)
    const last = await findLastReport(db)
    const previous = last === undefined ? null : { runId: last.report.runId, hash: last.hash }
    const onStep = (step: string) => noteStep(db, run, step)
    return proveIsolation(this.#deps, { runId: run.id, options: run.options, previous }, { signal, onStep })
  }

  async #release(run: IsolationRunRow, end: JobEnd<IsolationReport>): Promise<void> {
    const { db, signingKey, log } = this.#deps
    switch (end.kind) {
      case 'lost':
        return
      case 'stopped':
        return giveRunBack(db, run)
      case 'failed': {
        log.error({ err: end.error, run: run.id }, 'a run of prove-isolation broke off')
        const fault = end.error instanceof Error ? end.error.message : String(end.error)
        return this.#keep(run, { state: 'broken', fault })
      }
      case 'done': {
        const { outcome, exceptions } = end.result
        await this.#keep(run, { state: outcome, report: signIsolationReport(end.result, signingKey) })
        const told = { run: run.id, outcome, exceptions: exceptions.length }
        if (outcome === 'failed')
          log.error(told, 'prove-isolation found that a tenant reached another: moves are frozen')
        else log.info(told, 'a run of prove-isolation has ended')
      }
    }
  }

  /** Keeps the end of a run and its row in the audit, together or not at all. */
  async #keep(run: IsolationRunRow, end: Parameters<typeof endRun>[2]): Promise<void> {
    const { state, report, fault } = end
    await this.#deps.db.transaction(async (tx) => {
      if (!(await endRun(tx, run, end))) return
      const detail = {
        run: run.id,
        outcome: state,
        ...(report && { reportHash: report.hash, exceptions: report.report.exceptions.length }),
        ...(fault !== undefined && { fault }),
        ...(state === 'failed' && { movesFrozen: true }),
      }
      await appendAudit(tx, [{ actor: isolationActor, action: 'isolation.run', detail }])
    })
  }
}
