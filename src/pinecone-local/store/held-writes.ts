import type { HeldWrite, IndexEntry, NamespaceEntry, StoredWrite } from './catalog.ts'
import type { CatalogTables } from './catalog-tables.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { Write } from './writes.ts'

type Apply = (index: IndexEntry, namespace: NamespaceEntry, held: HeldWrite) => void

/** Writes that were answered but are not visible yet: durable, and applied in order when their lag ends. */
export class HeldWrites {
  readonly #tables: CatalogTables
  readonly #commits: CommitQueue
  readonly #apply: Apply
  readonly #timers = new Map<NamespaceEntry, NodeJS.Timeout>()

  constructor(tables: CatalogTables, commits: CommitQueue, apply: Apply) {
    this.#tables = tables
    this.#commits = commits
    this.#apply = apply
  }

  /**
   * Holds a write; call it inside a transaction. A write never becomes visible before an earlier one of its namespace.
   */
  hold(index: IndexEntry, namespace: NamespaceEntry, lsn: number, write: Write, lagMs: number): void {
    const last = namespace.held.at(-1)
    const dueAt = Math.max(performance.now() + lagMs, last?.dueAt ?? 0)
    const seq = this.#tables.hold(namespace.space, lsn, write)
    namespace.held.push({ seq, lsn, write, dueAt })
    if (last === undefined) this.#arm(index, namespace, dueAt)
  }

  /** Holds what the tables hold, in its order. */
  holdAgain(index: IndexEntry, namespace: NamespaceEntry, writes: readonly StoredWrite[], dueAt: number): void {
    for (const { seq, lsn, write } of writes) namespace.held.push({ seq, lsn, write, dueAt })
    if (writes.length > 0) this.#arm(index, namespace, dueAt)
  }

  /** Applies due writes now, so that a read does not depend on a timer's punctuality. */
  releaseDue(index: IndexEntry, namespace: NamespaceEntry): void {
    const first = namespace.held[0]
    if (first === undefined || first.dueAt > performance.now()) return
    // A failed commit reloads everything, held writes included, and they are tried again.
    this.#commits.run(() => this.#release(index, namespace)).catch(() => {})
    this.#commits.flush()
  }

  forget(namespace: NamespaceEntry): void {
    namespace.held.length = 0
    clearTimeout(this.#timers.get(namespace))
    this.#timers.delete(namespace)
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #release(index: IndexEntry, namespace: NamespaceEntry): void {
    const now = performance.now()
    const { held } = namespace
    for (let next = held[0]; next !== undefined && next.dueAt <= now; next = held[0]) {
      this.#apply(index, namespace, next)
      this.#tables.release(next.seq)
      held.shift()
    }
    const rest = held[0]
    if (rest !== undefined) this.#arm(index, namespace, rest.dueAt)
  }

  #arm(index: IndexEntry, namespace: NamespaceEntry, dueAt: number): void {
    clearTimeout(this.#timers.get(namespace))
    const timer = setTimeout(
      () => {
        this.#timers.delete(namespace)
        const first = namespace.held[0]
        // Timers may fire up to a millisecond early.
        if (first !== undefined && first.dueAt > performance.now()) this.#arm(index, namespace, first.dueAt)
        else this.releaseDue(index, namespace)
      },
      Math.max(1, Math.ceil(dueAt - performance.now())),
    )
    timer.unref()
    this.#timers.set(namespace, timer)
  }
}
