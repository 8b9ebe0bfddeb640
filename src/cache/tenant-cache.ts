import { SharedLoad } from '../concurrency/shared-load.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { FairEntries, type Holding } from './fair-entries.ts'
import type { CacheKind, TenantScopedKey } from './tenant-scoped-key.ts'

export interface TenantCacheOptions {
  /** 0: nothing is kept. */
  readonly maxBytes: number
  /** 0: nothing is kept. */
  readonly ttlMs: number
  /** How long after a drop nothing of that tenant is kept; default 0. */
  readonly quietMs?: number | undefined
  readonly onLookup?: (kind: CacheKind, hit: boolean) => void
  /** Milliseconds that only rise, from above 0. */
  readonly now?: () => number
}

/** What is kept of one tenant since it was last dropped. */
interface Shelf<V> extends Holding {
  readonly tenantId: TenantId
  /** Loads that others may join. */
  readonly loads: Map<string, SharedLoad<V>>
  reserved: number
}

export interface LoadOptions<V> {
  /** Of one who waits and may go away. */
  readonly signal?: AbortSignal | undefined
  /** Asked of whoever begins the load; without it whatever comes is kept. */
  readonly mayKeep?: (value: V) => boolean
}

/** The right to keep what was begun now, unless its tenant is dropped before it is done. */
export interface Reservation<V> extends Disposable {
  keep(value: V): void
}

/**
 * What this replica keeps, by tenant. One load a key at once; a load that began before its tenant was dropped does
 * not publish, and nobody joins it. Each tenant with something in it has an equal share of the bytes to itself.
 */
export class TenantCache<V extends {}> {
  readonly isOn: boolean
  readonly #entries: FairEntries<V, Shelf<V>>
  readonly #shelves = new Map<TenantId, Shelf<V>>()
  /** In the order of their ends, for all last as long. */
  readonly #quietUntilMs = new Map<TenantId, number>()
  #allQuietUntilMs = 0
  readonly #quietMs: number
  readonly #now: () => number
  readonly #onLookup: TenantCacheOptions['onLookup']

  /** @param bytesOf an estimate of what a value takes. */
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
   * The outcome of `load`, or of the same load under way; kept if nothing speaks against it.
   *
   * @param load its signal fires when all who waited have gone away.
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

  /** For a value that is made bit by bit, as an answer that is streamed. Dispose it when that has ended. */
  reserve(key: TenantScopedKey): Reservation<V> {
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

  /** Void is what was kept of the tenant, and what is being loaded. */
  drop(tenantId: TenantId): void {
    this.#beQuiet(tenantId)
    const shelf = this.#shelves.get(tenantId)
    if (shelf === undefined) return
    this.#shelves.delete(tenantId) // loads under way keep the old shelf to themselves
    this.#entries.drop(shelf)
  }

  /** For when it is not known what was missed. */
  dropAll(): void {
    this.#allQuietUntilMs = this.#now() + this.#quietMs
    this.#shelves.clear()
    this.#entries.clear()
  }

  /** What all entries take, by estimate. */
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
