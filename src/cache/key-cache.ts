import { LRUCache } from 'lru-cache'
import { batched } from '../concurrency/batch.ts'
import type { TenantId } from '../placement/tenant-id.ts'

interface KeyOfTenant {
  readonly id: string
  readonly tenantId: TenantId
}

export interface KeyCacheOptions<K extends KeyOfTenant> {
  /** Reads keys from the registry; unknown ids are absent. */
  readonly read: (ids: readonly string[]) => Promise<ReadonlyMap<string, K>>
  /** Whether this replica hears of every change: its lease holds. */
  readonly isCurrent: () => boolean
  /** Makes it current. Rejects while the registry is unavailable. */
  readonly catchUp: () => Promise<void>
  /** Thrown when too many unknown keys wait to be read. */
  readonly busy: () => Error
  readonly maxKeys?: number
}

/** Ids read in one statement, and callers that may wait for the next one. */
const batchMax = 200
const waitingMax = 1_000

/**
 * The tenant keys that this replica remembers. A change of a key ticks its tenant's routing, as a suspension does, and
 * `forget` then drops what is remembered of that tenant. Unknown keys are not remembered, and are read one batch at a
 * time: made-up ones cost one statement under way, however many come.
 */
export class KeyCache<K extends KeyOfTenant> {
  readonly #options: KeyCacheOptions<K>
  readonly #keys: LRUCache<string, K>
  readonly #idsOf = new Map<TenantId, Set<string>>()
  readonly #readOne: (id: string) => Promise<K | undefined>
  #changes = 0
  #waiting = 0

  constructor(options: KeyCacheOptions<K>) {
    this.#options = options
    this.#keys = new LRUCache({ max: options.maxKeys ?? 50_000, dispose: (key, id) => this.#unlink(key, id) })
    this.#readOne = batched(async (ids: readonly string[]) => {
      const rows = await options.read([...new Set(ids)])
      return ids.map((id) => rows.get(id))
    }, batchMax)
  }

  /** @returns undefined for an unknown key. It waits only for a key that is not remembered, or to become current. */
  find(id: string): K | undefined | Promise<K | undefined> {
    const known = this.#keys.get(id)
    return known !== undefined && this.#options.isCurrent() ? known : this.#findSlowly(id, known)
  }

  /** Drops the keys of a tenant, or all of them. */
  forget(tenantId: TenantId | undefined): void {
    this.#changes += 1
    if (tenantId === undefined) this.#keys.clear()
    else for (const id of [...(this.#idsOf.get(tenantId) ?? [])]) this.#keys.delete(id)
  }

  async #findSlowly(id: string, remembered: K | undefined): Promise<K | undefined> {
    if (!this.#options.isCurrent()) {
      try {
        await this.#options.catchUp()
      } catch (error) {
        // While the registry is away, the tenant's route decides whether old knowledge may still serve it.
        if (remembered !== undefined) return remembered
        throw error
      }
    }
    const known = this.#keys.get(id)
    return known ?? this.#load(id)
  }

  /** Reads a key and remembers it, unless a change came meanwhile: that may be its own. */
  async #load(id: string): Promise<K | undefined> {
    if (this.#waiting >= waitingMax) throw this.#options.busy()
    this.#waiting += 1
    const before = this.#changes
    try {
      const key = await this.#readOne(id)
      if (key !== undefined && before === this.#changes) this.#remember(key)
      return key
    } finally {
      this.#waiting -= 1
    }
  }

  #remember(key: K): void {
    this.#keys.set(key.id, key)
    const ids = this.#idsOf.get(key.tenantId) ?? new Set()
    this.#idsOf.set(key.tenantId, ids.add(key.id))
  }

  #unlink({ tenantId }: K, id: string): void {
    const ids = this.#idsOf.get(tenantId)
    ids?.delete(id)
    if (ids?.size === 0) this.#idsOf.delete(tenantId)
  }
}
