import type { IndexEntry } from '../store/catalog.ts'

/** The existing indexes, by name and by the path of their data plane. */
export class IndexRegistry {
  readonly #byName = new Map<string, IndexEntry>()
  readonly #byHost = new Map<string, IndexEntry>()

  all(): IndexEntry[] {
    return [...this.#byName.values()]
  }

  named(name: string): IndexEntry | undefined {
    return this.#byName.get(name)
  }

  at(hostKey: string): IndexEntry | undefined {
    return this.#byHost.get(hostKey)
  }

  /** False for an entry that was deleted, or reloaded after a failed transaction. */
  has(index: IndexEntry): boolean {
    return this.#byHost.get(index.hostKey) === index
  }

  add(index: IndexEntry): void {
    this.#byName.set(index.name, index)
    this.#byHost.set(index.hostKey, index)
  }

  remove(index: IndexEntry): void {
    this.#byName.delete(index.name)
    this.#byHost.delete(index.hostKey)
  }

  clear(): void {
    this.#byName.clear()
    this.#byHost.clear()
  }
}
