import { SharedLoad } from '../concurrency/shared-load.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { FairEntries, type Holding } from './fair-entries.ts'
import type { CacheKind, TenantScopedKey } from './tenant-scoped-key.ts'

export interface TenantCacheOptions {
  /** 0 turns the cache off. */
  readonly maxBytes: number
  /** 0 turns the cache off. */
  readonly ttlMs: number
  /** Time after a drop in which nothing of that tenant is cached; default 0. */
  readonly quietMs?: number | undefined
  readonly onLookup?: (kind: CacheKind, hit: boolean) => void
  /** A monotonic clock in milliseconds, always above 0. */
  readonly now?: () => number
}

/** One tenant's entries since its last drop. */
interface Shelf<V> extends Holding {
  readonly tenantId: TenantId
  /** Loads that other callers may join. */
  readonly loads: Map<string, SharedLoad<V>>
  reserved: number
}

export interface LoadOptions<V> {
  /** Aborted when this caller disconnects; the load goes on for the others. */
  readonly signal?: AbortSignal | undefined
  /**
   * Decides whether the value is cached; only the caller that starts the load supplies it. Default: cache everything.
   */
  readonly mayKeep?: (value: V) => boolean
}

/** Permission to cache a value whose computation starts now; void once its tenant is dropped. */
export interface CacheReservation<V> extends Disposable {
  keep(value: V): void
}

/**
 * This replica's cache, by tenant. A key is loaded once at a time. A load that began before its tenant was dropped is
 * neither cached nor joined. Tenants with entries share the bytes equally.
 */
export class TenantCache<V extends {}> {
  readonly isOn: boolean
  readonly #entries: FairEntries<V, Shelf<V>>
  readonly #shelves = new Map<TenantId, Shelf<V>>()
  /** Quiet periods in the order of their ends: all last equally long. */
  readonly #quietUntilMs = new Map<TenantId, number>()
  #allQuietUntilMs = 0
  readonly #quietMs: number
  readonly #now: () => number
  readonly #onLookup: TenantCacheOptions['onLookup']

  /** @param bytesOf estimates the bytes that a value takes. */
  constructor(options: TenantCacheOptions, bytesOf: (value: V) => number) {
    this.isOn = options.maxBytes > 0 && options.ttlMs > 0
    this.#quietMs = options.quietMs ?? 0
    this.#now = options.now ?? (() => performance.now())
    this.#onLookup = options.onLookup
    this.#entries = new FairEntries<V, Shelf<V>>({
      maxBytes: Math.max(1, options.maxBytes),
      ttlMs: Math.max(1, options.ttlMs),
      now: this.#now,
      bytesOf,
      onEmpty: (shelf) => this.#tidy(shelf),
    })
  }

  get(key: TenantScopedKey): V | undefined {
    const value = this.#entries.get(key.text)
    this.#onLookup?.(key.kind, value !== undefined)
    return value
  }

  /**
   * Returns the cached value, or the outcome of `load`, joining one already under way; caches it when allowed.
   *
   * @param load gets a signal that fires once every waiting caller has disconnected.
   */
  load(key: TenantScopedKey, load: (signal: AbortSignal) => Promise<V>, options: LoadOptions<V> = {}): Promise<V> {
    const { signal, mayKeep } = options
    const { loads } = this.#shelfOf(key.tenantId)
    const running = loads.get(key.text)
    if (running !== undefined) return running.join(signal)
    const forget = () => {
      if (loads.get(key.text) === started) loads.delete(key.text)
    }
    const started = new SharedLoad<V>((end) => this.#run(key, async () => load(end), forget, mayKeep), forget)
    loads.set(key.text, started)
    return started.join(signal)
  }

  /**
   * Reserves the key for a value that is made piece by piece, such as a streamed answer. Dispose it when the value
   * ends.
   */
  reserve(key: TenantScopedKey): CacheReservation<V> {
    const shelf = this.#shelfOf(key.tenantId)
    const mayKeep = this.isOn && !this.#isQuiet(key.tenantId)
    shelf.reserved += 1
    return {
      keep: (value) => {
        if (!mayKeep || this.#shelves.get(key.tenantId) !== shelf) return
        this.#entries.set(shelf, key.text, value)
      },
      [Symbol.dispose]: () => {
        shelf.reserved -= 1
        this.#tidy(shelf)
      },
    }
  }

  /** Drops the tenant's entries, and keeps loads under way from being cached. */
  drop(tenantId: TenantId): void {
    this.#beQuiet(tenantId)
    const shelf = this.#shelves.get(tenantId)
    if (shelf === undefined) return
    this.#shelves.delete(tenantId) // loads under way keep the old shelf to themselves
    this.#entries.drop(shelf)
  }

  /** Drops everything: for when announcements may have been missed. */
  dropAll(): void {
    this.#allQuietUntilMs = this.#now() + this.#quietMs
    this.#shelves.clear()
    this.#entries.clear()
  }

  /** Estimated bytes of all entries. */
  get bytes(): number {
    return this.#entries.bytes
  }

  async #run(
    key: TenantScopedKey,
    load: () => Promise<V>,
    forget: () => void,
    mayKeep?: (value: V) => boolean,
  ): Promise<V> {
    using place = this.reserve(key)
    try {
      const value = await load()
      if (mayKeep?.(value) !== false) place.keep(value)
      return value
    } finally {
      forget()
    }
  }

  #shelfOf(tenantId: TenantId): Shelf<V> {
    const known = this.#shelves.get(tenantId)
    if (known !== undefined) return known
    const shelf: Shelf<V> = { tenantId, keys: new Set(), bytes: 0, loads: new Map(), reserved: 0 }
    this.#shelves.set(tenantId, shelf)
    return shelf
  }

  #tidy(shelf: Shelf<V>): void {
    if (shelf.keys.size > 0 || shelf.reserved > 0 || this.#shelves.get(shelf.tenantId) !== shelf) return
    this.#shelves.delete(shelf.tenantId)
  }

  #beQuiet(tenantId: TenantId): void {
    if (this.#quietMs === 0) return
    const nowMs = this.#now()
    this.#quietUntilMs.delete(tenantId) // so that it goes to the end
    this.#quietUntilMs.set(tenantId, nowMs + this.#quietMs)
    for (const [oldest, untilMs] of this.#quietUntilMs) {
      if (untilMs > nowMs) return
      this.#quietUntilMs.delete(oldest)
    }
  }

  #isQuiet(tenantId: TenantId): boolean {
    const untilMs = Math.max(this.#quietUntilMs.get(tenantId) ?? 0, this.#allQuietUntilMs)
    return untilMs > this.#now()
  }
}
