import type { DatabaseSync } from 'node:sqlite'
import { ApiError } from '../../pinecone-wire/api-error.ts'

interface Job {
  readonly run: () => void
  readonly fail: (cause: unknown) => void
}

/**
 * Group commit: writes that arrive in one turn of the event loop share a transaction, and none is answered before the
 * commit. Jobs run one after another, so a job may check and change memory and tables as one step. A job refuses by an
 * ApiError, before it has changed anything; any other error rolls the whole transaction back.
 */
export class CommitQueue {
  readonly #database: DatabaseSync
  readonly #beforeCommit: () => void
  readonly #onLost: () => void
  #jobs: Job[] = []
  #settle: (() => void)[] = []
  #scheduled = false

  /**
   * @param beforeCommit writes counters once per transaction instead of once per job.
   * @param onLost called after a rollback: memory then differs from the tables.
   */
  constructor(database: DatabaseSync, beforeCommit: () => void, onLost: () => void) {
    this.#database = database
    this.#beforeCommit = beforeCommit
    this.#onLost = onLost
  }

  /** Resolves with the job's value once it is durable. */
  run<T>(job: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({
        run: () => {
          const value = job()
          this.#settle.push(() => resolve(value))
        },
        fail: reject,
      })
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.flush())
    })
  }

  /** Commits the queued jobs now. */
  flush(): void {
    this.#scheduled = false
    const jobs = this.#jobs
    if (jobs.length === 0) return
    this.#jobs = []
    this.#settle = []
    try {
      this.#database.exec('begin')
      for (const job of jobs) {
        try {
          job.run()
        } catch (cause) {
          // A refusal changed nothing; after anything else the tables may hold half a job.
          if (!(cause instanceof ApiError)) throw cause
          job.fail(cause)
        }
      }
      this.#beforeCommit()
      this.#database.exec('commit')
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      this.#onLost()
      // Rejecting a job that has settled already does nothing.
      for (const job of jobs) job.fail(cause)
      return
    }
    for (const resolve of this.#settle) resolve()
  }
}
