import { LRUCache } from 'lru-cache'

export interface FairEntriesOptions<V, H extends Holding> {
  readonly maxBytes: number
  readonly ttlMs: number
  /** Milliseconds that only rise, from above 0. */
  readonly now: () => number
  /** An estimate of what a value takes. */
  readonly bytesOf: (value: V) => number
  /** The last entry of a holding has gone. */
  readonly onEmpty: (holding: H) => void
}

/** What one holder has among the entries. Changed by `FairEntries` alone. */
export interface Holding {
  /** The longest unused first. */
  readonly keys: Set<string>
  bytes: number
}

interface Entry<V, H> {
  readonly value: V
  readonly bytes: number
  readonly holding: H
}

/** Entries whose time is over are looked for at most this often. */
const purgeEveryMs = 1000

/**
 * Entries of many holders within one limit of bytes. When it is full, a holder with more than an equal share makes room
 * by what it has not used for longest itself, so nobody's flood takes what another keeps within its share.
 */
export class FairEntries<V extends {}, H extends Holding> {
  readonly #options: FairEntriesOptions<V, H>
  readonly #entries: LRUCache<string, Entry<V, H>>
  /** Those that hold something. */
  readonly #holdings = new Set<H>()
  /** The last one that was found to have more than its share. */
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

  /** Kept, unless it has room only in what others keep within their shares. */
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

  /** What all of them take, by estimate. */
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
      // Who stays within its share takes from one who has more than that: there is one, or there would be room.
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

  /** What is too old to be served must not make the shares of others small. */
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
