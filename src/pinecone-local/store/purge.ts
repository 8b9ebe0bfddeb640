import type { CommitQueue } from './commit-queue.ts'
import type { RecordsTable } from './records-table.ts'

const recordsAStep = 500
const pauseMs = 5

/** Frees the records of deleted namespaces a few at a time, between requests. */
export class Purge {
  readonly #records: RecordsTable
  readonly #commits: CommitQueue
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(records: RecordsTable, commits: CommitQueue) {
    this.#records = records
    this.#commits = commits
  }

  wake(): void {
    if (this.#stopped || this.#timer !== undefined) return
    this.#timer = setTimeout(() => void this.#step(), pauseMs)
    this.#timer.unref()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #step(): Promise<void> {
    // The next start finds what a failed step leaves behind.
    const more = await this.#commits.run(() => this.#records.purge(recordsAStep)).catch(() => false)
    this.#timer = undefined
    if (more) this.wake()
  }
}
