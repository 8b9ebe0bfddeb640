import type { DatabaseSync } from 'node:sqlite'
import { ApiError, notFound } from '../../pinecone-wire/api-error.ts'
import { applyWrite, type Storage } from '../store/apply-write.ts'
import { type IndexEntry, type NamespaceConfig, type NamespaceEntry, newNamespace } from '../store/catalog.ts'
import { CatalogTables } from '../store/catalog-tables.ts'
import { CommitQueue } from '../store/commit-queue.ts'
import { HeldWrites } from '../store/held-writes.ts'
import { HotNamespaces } from '../store/hot-namespaces.ts'
import { Purge } from '../store/purge.ts'
import { RecordsTable } from '../store/records-table.ts'
import type { Write } from '../store/writes.ts'
import { IndexRegistry } from './index-registry.ts'

export interface LocalWritten {
  readonly lsn: number
  readonly indexedLsn: number
}

/** After a commit that failed: until held writes are tried again. */
const releaseAgainMs = 250

/** The stored state. Changes are jobs in the commit queue; there is no other way. */
export class Engine implements Storage, AsyncDisposable {
  readonly records: RecordsTable
  readonly hot: HotNamespaces
  readonly catalog: CatalogTables
  readonly indexes = new IndexRegistry()
  readonly #database: DatabaseSync
  readonly #commits: CommitQueue
  readonly #heldWrites: HeldWrites
  readonly #purge: Purge
  readonly #changed = new Set<NamespaceEntry>()
  #lastSpace = 0

  /** @param hotBytes memory limit of searched namespaces. */
  constructor(database: DatabaseSync, hotBytes: number) {
    this.#database = database
    this.records = new RecordsTable(database)
    this.hot = new HotNamespaces(this.records, hotBytes)
    this.catalog = new CatalogTables(database)
    const saveChanged = () => this.#saveChanged()
    this.#commits = new CommitQueue(database, saveChanged, () => this.#load(releaseAgainMs))
    this.#heldWrites = new HeldWrites(this.catalog, this.#commits, (index, namespace, held) => {
      applyWrite(this, index, namespace, held.write)
      namespace.indexedLsn = held.lsn
      namespace.visible = true
      this.#changed.add(namespace)
    })
    this.#purge = new Purge(this.records, this.#commits)
    // A restart is the end of every lag: what was accepted is shown.
    this.#load(0)
    this.#purge.wake()
  }

  /** Runs a job in the commit queue: rejects with its ApiError, resolves once it is durable. */
  commit<T>(job: () => T): Promise<T> {
    return this.#commits.run(job)
  }

  /** The namespace as reads see it, or null where it is missing or none of it is visible yet. */
  visible(index: IndexEntry, name: string): NamespaceEntry | null {
    const before = index.namespaces.get(name)
    if (before === undefined) return null
    this.#heldWrites.releaseDue(index, before)
    // A release that fails, as on a full disk, loads everything again.
    const namespace = index.namespaces.get(name)
    return namespace?.visible === true ? namespace : null
  }

  /** @param check throws where another namespace may not be made. */
  createNamespace(
    index: IndexEntry,
    name: string,
    config: NamespaceConfig | null,
    check: () => void,
  ): Promise<NamespaceEntry> {
    return this.#commits.run(() => {
      this.#mustExist(index)
      if (index.namespaces.has(name)) throw new ApiError(409, `Namespace ${name} already exists`)
      check()
      return this.#insertNamespace(index, name, config, true)
    })
  }

  deleteNamespace(index: IndexEntry, name: string): Promise<LocalWritten> {
    return this.#commits.run(() => {
      const namespace = this.#mustHave(index, name)
      this.catalog.deleteNamespace(namespace.space)
      this.records.discard(namespace.space)
      index.namespaces.delete(name)
      this.forget(namespace)
      return { lsn: namespace.lsn + 1, indexedLsn: namespace.lsn + 1 }
    })
  }

  /**
   * Accepts a write: numbers it, makes it durable, and makes it visible now or after the lag.
   *
   * @param check throws where an upsert may not make the namespace.
   * @throws ApiError 404 for any other write to a missing namespace.
   */
  write(index: IndexEntry, name: string, write: Write, lagMs: number, check: () => void): Promise<LocalWritten> {
    return this.#commits.run(() => {
      this.#mustExist(index)
      let namespace = index.namespaces.get(name)
      if (namespace === undefined) {
        if (write.kind !== 'upsert') throw notFound('Namespace not found')
        check()
        namespace = this.#insertNamespace(index, name, null, lagMs === 0)
      }
      const lsn = ++namespace.lsn
      this.#changed.add(namespace)
      if (lagMs > 0 || namespace.held.length > 0) {
        this.#heldWrites.hold(index, namespace, lsn, write, lagMs)
      } else {
        applyWrite(this, index, namespace, write)
        namespace.indexedLsn = lsn
      }
      return { lsn, indexedLsn: namespace.indexedLsn }
    })
  }

  /** Drops a deleted namespace from memory; its records are freed later. */
  forget(namespace: NamespaceEntry): void {
    this.#changed.delete(namespace)
    this.#heldWrites.forget(namespace)
    this.hot.drop(namespace.space)
    this.#purge.wake()
  }

  moveToEmptySpace(namespace: NamespaceEntry): void {
    const from = namespace.space
    namespace.space = ++this.#lastSpace
    this.catalog.moveNamespace(from, namespace.space)
    this.records.discard(from)
    this.hot.drop(from)
    namespace.recordCount = 0
    this.#changed.add(namespace)
    this.#purge.wake()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#purge.stop()
    this.#heldWrites.stop()
    this.#commits.flush()
    this.hot.clear()
    this.#database.close()
  }

  /**
   * Takes everything from the tables; indexes that are known stay the same objects, since requests hold them.
   * @param releaseInMs from now until held writes are due.
   */
  #load(releaseInMs: number): void {
    const known = new Map(this.indexes.all().map((index) => [index.hostKey, index]))
    const { indexes, held, lastSpace } = this.catalog.load()
    this.hot.clear()
    this.#changed.clear()
    this.#heldWrites.stop()
    this.indexes.clear()
    this.#lastSpace = lastSpace
    const dueAt = performance.now() + releaseInMs
    for (const loaded of indexes) {
      const index = refreshed(known.get(loaded.hostKey), loaded)
      this.indexes.add(index)
      if (held.size === 0) continue
      for (const namespace of index.namespaces.values()) {
        this.#heldWrites.holdAgain(index, namespace, held.get(namespace.space) ?? [], dueAt)
      }
    }
  }

  #insertNamespace(index: IndexEntry, name: string, config: NamespaceConfig | null, visible: boolean): NamespaceEntry {
    const entry = newNamespace(name, ++this.#lastSpace, visible, config)
    this.catalog.insertNamespace(index, entry)
    index.namespaces.set(name, entry)
    return entry
  }

  /** The index may have been deleted while the write waited in the queue. */
  #mustExist(index: IndexEntry): void {
    if (!this.indexes.has(index)) throw notFound(`Index ${index.name} not found`)
  }

  #mustHave(index: IndexEntry, name: string): NamespaceEntry {
    this.#mustExist(index)
    const namespace = index.namespaces.get(name)
    if (namespace === undefined) throw notFound('Namespace not found')
    return namespace
  }

  #saveChanged(): void {
    for (const namespace of this.#changed) this.catalog.saveNamespace(namespace)
    this.#changed.clear()
  }
}

function refreshed(known: IndexEntry | undefined, loaded: IndexEntry): IndexEntry {
  if (known === undefined) return loaded
  known.config = loaded.config
  known.namespaces.clear()
  for (const [name, namespace] of loaded.namespaces) known.namespaces.set(name, namespace)
  return known
}
