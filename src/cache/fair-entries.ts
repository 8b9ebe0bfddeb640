import { LRUCache } from 'lru-cache'

export interface FairEntriesOptions<V, H extends Holding> {
  readonly maxBytes: number
  readonly ttlMs: number
  /** A monotonic clock in milliseconds, always above 0. */
  readonly now: () => number
  /** Estimates the bytes that a value takes. */
  readonly bytesOf: (value: V) => number
  /** Called when the last entry of a holding is removed. */
  readonly onEmpty: (holding: H) => void
}

/** One holder's entries. Only `FairEntries` changes it. */
export interface Holding {
  /** Keys, least recently used first. */
  readonly keys: Set<string>
  bytes: number
}

interface Entry<V, H> {
  readonly value: V
  readonly bytes: number
  readonly holding: H
}

/** Expired entries are purged at most this often. */
const purgeEveryMs = 1000

/**
 * Entries of many holders within one limit of bytes. When it is full, a holder above its equal share evicts its own
 * least recently used entries first, so one holder's flood never evicts entries that others keep within their share.
 */
export class FairEntries<V extends {}, H extends Holding> {
  readonly #options: FairEntriesOptions<V, H>
  readonly #entries: LRUCache<string, Entry<V, H>>
  /** Holdings with at least one entry. */
  readonly #holdings = new Set<H>()
  /** The holding last found above its share. */
  #largest: H | undefined
  #purgedMs = Number.NEGATIVE_INFINITY

  constructor(options: FairEntriesOptions<V, H>) {
    this.#options = options
    this.#entries = new LRUCache<string, Entry<V, H>>({
      maxSize: options.maxBytes,
      ttl: options.ttlMs,
      perf: { now: options.now },
      ttlResolution: 0, // asks the clock each time, which is cheaper than the timer that would spare it
      dispose: (entry, key) => this.#gone(entry, key),
    })
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    entry.holding.keys.delete(key)
    entry.holding.keys.add(key)
    return entry.value
  }

  /** Stores the value, unless it fits only by evicting what others keep within their shares. */
  set(holding: H, key: string, value: V): void {
    // Characters take two bytes at most; the rest is what an entry costs beside its key and value.
    const bytes = this.#options.bytesOf(value) + 2 * key.length + 300
    this.#entries.delete(key)
    if (!this.#makeRoom(holding, bytes)) return
    this.#entries.set(key, { value, bytes, holding }, { size: bytes })
    holding.keys.add(key)
    holding.bytes += bytes
    this.#holdings.add(holding)
  }

  drop(holding: H): void {
    for (const key of holding.keys) this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** Estimated bytes of all entries. */
  get bytes(): number {
    return this.#entries.calculatedSize
  }

  #makeRoom(holding: H, bytes: number): boolean {
    const { maxBytes } = this.#options
    if (bytes > maxBytes) return false
    const isFull = () => this.bytes + bytes > maxBytes
    if (isFull()) this.#purge()
    while (isFull()) {
      const share = maxBytes / (this.#holdings.size + (this.#holdings.has(holding) ? 0 : 1))
      // A tenant within its share displaces one above its own: there is one, or the cache would not be full.
      const from = holding.bytes + bytes <= share ? this.#largerThan(share) : holding
      const [unused] = from?.keys ?? []
      if (unused === undefined) return false
      this.#entries.delete(unused)
    }
    return true
  }

  #largerThan(share: number): H | undefined {
    if (this.#largest !== undefined && this.#largest.bytes > share) return this.#largest
    let largest: H | undefined
    for (const holding of this.#holdings) {
      if (holding.bytes > (largest?.bytes ?? 0)) largest = holding
    }
    this.#largest = largest
    return largest
  }

  /** Removes expired entries, so that they do not shrink the shares of others. */
  #purge(): void {
    const nowMs = this.#options.now()
    if (nowMs - this.#purgedMs < purgeEveryMs) return
    this.#purgedMs = nowMs
    this.#entries.purgeStale()
  }

  #gone({ holding, bytes }: Entry<V, H>, key: string): void {
    holding.keys.delete(key)
    holding.bytes -= bytes
    if (holding.keys.size > 0) return
    this.#holdings.delete(holding)
    this.#options.onEmpty(holding)
  }
}
