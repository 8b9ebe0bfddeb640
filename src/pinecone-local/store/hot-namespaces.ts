import { HotNamespace } from './hot-namespace.ts'
import type { RecordsTable } from './records-table.ts'

interface Slot {
  readonly hot: HotNamespace
  bytes: number
}

/** Recently searched or written namespaces: an LRU cache bounded by bytes. */
export class HotNamespaces {
  readonly #records: RecordsTable
  readonly #maxBytes: number
  readonly #slots = new Map<number, Slot>()
  #bytes = 0

  constructor(records: RecordsTable, maxBytes: number) {
    this.#records = records
    this.#maxBytes = maxBytes
  }

  /** Loads the namespace if it is cold. */
  get(space: number, dimension: number | null): HotNamespace {
    const slot = this.#slots.get(space)
    if (slot !== undefined) {
      this.#slots.delete(space)
      this.#slots.set(space, slot)
      return slot.hot
    }
    const hot = new HotNamespace(dimension)
    for (const record of this.#records.all(space)) hot.put(record)
    this.#add(space, hot)
    return hot
  }

  /** The namespace if it is hot; leaves its position in the LRU order. */
  peek(space: number): HotNamespace | undefined {
    return this.#slots.get(space)?.hot
  }

  /** Starts a namespace without records, so that later writes need no read from the tables. */
  startEmpty(space: number, dimension: number | null): HotNamespace {
    const known = this.peek(space)
    if (known !== undefined) return known
    const hot = new HotNamespace(dimension)
    this.#add(space, hot)
    return hot
  }

  /** Updates the size; call it after writing to a hot namespace. */
  measure(space: number): void {
    const slot = this.#slots.get(space)
    if (slot === undefined) return
    this.#bytes += slot.hot.bytes - slot.bytes
    slot.bytes = slot.hot.bytes
    this.#evict(space)
  }

  drop(space: number): void {
    const slot = this.#slots.get(space)
    if (slot === undefined) return
    this.#bytes -= slot.bytes
    this.#slots.delete(space)
  }

  clear(): void {
    this.#slots.clear()
    this.#bytes = 0
  }

  #add(space: number, hot: HotNamespace): void {
    this.#slots.set(space, { hot, bytes: hot.bytes })
    this.#bytes += hot.bytes
    this.#evict(space)
  }

  /** Evicts others first; one namespace above the bound stays while it is in use. */
  #evict(inUse: number): void {
    for (const space of this.#slots.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      if (space !== inUse) this.drop(space)
    }
  }
}
