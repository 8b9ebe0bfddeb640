import { LRUCache } from 'lru-cache'
import type { TenantId } from '../placement/tenant-id.ts'
import type { TenantScopedKey } from './tenant-scoped-key.ts'

export interface ResultCacheOptions {
  /** 0: nothing is kept. */
  readonly maxBytes: number
  /** 0: nothing is kept. */
  readonly ttlMs: number
  /**
   * How long after a tenant's last known write its answers are not kept, default 2,000 ms: the store shows writes
   * late, and an answer from before would be served for the whole time to live. An answer older than the lag beyond
   * this, or a write of another replica that is not known yet, is stale for at most `ttlMs`.
   */
  readonly quietMs?: number
  readonly onLookup?: (hit: boolean) => void
  /** Milliseconds that only rise, from above 0. */
  readonly now?: () => number
}

/** What is kept of one tenant since it was last dropped. */
interface Shelf {
  readonly tenantId: TenantId
  readonly keys: Set<string>
  /** Loads that others may join. */
  readonly loads: Map<string, Promise<string>>
}

interface Entry {
  readonly json: string
  readonly shelf: Shelf
}

/** Characters take two bytes at most; the rest is what an entry costs beside its texts. */
const bytesOfEntry = ({ json }: Entry, key: string): number => 2 * (json.length + key.length) + 300

/**
 * Answers of this replica, by tenant. One load a key at once; a load that began before its tenant was dropped does
 * not publish, and nobody joins it.
 */
export class ResultCache {
  readonly isOn: boolean
  readonly #entries: LRUCache<string, Entry>
  readonly #shelves = new Map<TenantId, Shelf>()
  /** In the order of their ends, for all last as long. */
  readonly #quietUntilMs = new Map<TenantId, number>()
  #allQuietUntilMs = 0
  readonly #quietMs: number
  readonly #now: () => number
  readonly #onLookup: ((hit: boolean) => void) | undefined

  constructor(options: ResultCacheOptions) {
    this.isOn = options.maxBytes > 0 && options.ttlMs > 0
    this.#quietMs = options.quietMs ?? 2_000
    this.#now = options.now ?? (() => performance.now())
    this.#onLookup = options.onLookup
    this.#entries = new LRUCache<string, Entry>({
      maxSize: Math.max(1, options.maxBytes),
      ttl: Math.max(1, options.ttlMs),
      perf: { now: this.#now },
      ttlResolution: 0, // asks the clock each time, which is cheaper than the timer that would spare it
      sizeCalculation: bytesOfEntry,
      dispose: ({ shelf }, key, reason) => {
        if (reason === 'set') return
        shelf.keys.delete(key)
        this.#tidy(shelf)
      },
    })
  }

  get(key: TenantScopedKey): string | undefined {
    const json = this.#entries.get(key.text)?.json
    this.#onLookup?.(json !== undefined)
    return json
  }

  /** The answer of `load`, or of the same load under way; kept if nothing speaks against it. */
  load(key: TenantScopedKey, load: () => Promise<string>): Promise<string> {
    const shelf = this.#shelfOf(key.tenantId)
    const running = shelf.loads.get(key.text)
    if (running !== undefined) return running
    const started = this.#run(shelf, key, load, this.isOn && !this.#isQuiet(key.tenantId))
    shelf.loads.set(key.text, started)
    return started
  }

  /** Void is what was kept of the tenant, and what is being loaded. */
  drop(tenantId: TenantId): void {
    this.#beQuiet(tenantId)
    const shelf = this.#shelves.get(tenantId)
    if (shelf === undefined) return
    this.#shelves.delete(tenantId) // loads under way keep the old shelf to themselves
    for (const key of shelf.keys) this.#entries.delete(key)
  }

  /** For when it is not known what was missed. */
  dropAll(): void {
    this.#allQuietUntilMs = this.#now() + this.#quietMs
    this.#shelves.clear()
    this.#entries.clear()
  }

  /** What all entries take, by estimate. */
  get bytes(): number {
    return this.#entries.calculatedSize
  }

  async #run(shelf: Shelf, key: TenantScopedKey, load: () => Promise<string>, keep: boolean): Promise<string> {
    try {
      const json = await load()
      if (keep && this.#shelves.get(key.tenantId) === shelf) {
        this.#entries.set(key.text, { json, shelf })
        if (this.#entries.has(key.text)) shelf.keys.add(key.text) // not if it is larger than the whole cache
      }
      return json
    } finally {
      shelf.loads.delete(key.text)
      this.#tidy(shelf)
    }
  }

  #shelfOf(tenantId: TenantId): Shelf {
    const known = this.#shelves.get(tenantId)
    if (known !== undefined) return known
    const shelf: Shelf = { tenantId, keys: new Set(), loads: new Map() }
    this.#shelves.set(tenantId, shelf)
    return shelf
  }

  #tidy(shelf: Shelf): void {
    if (shelf.keys.size > 0 || shelf.loads.size > 0 || this.#shelves.get(shelf.tenantId) !== shelf) return
    this.#shelves.delete(shelf.tenantId)
  }

  #beQuiet(tenantId: TenantId): void {
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
