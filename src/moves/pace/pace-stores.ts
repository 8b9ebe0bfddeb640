import { type Clock, systemClock } from '../../clock.ts'
import { isAppError } from '../../errors.ts'
import { fetchBatches, fitsOneUpsert, storedRecordBytes, upsertBatches } from '../../stores/batches.ts'
import type { CallOptions, TenantStore, VectorRecord, VectorStore } from '../../stores/store.ts'
import type { StoreCall } from '../../stores/store-calls.ts'
import { Pace } from './pace.ts'
import { callCosts, listSettings, type PaceSettings, upsertByteSettings, upsertSettings } from './pace-settings.ts'

/** Refused tries of a call, beyond the store's own retries, after which the step gets the fault. */
const triesWhenBusy = 8

/** Namespaces whose paces are remembered: far more than one thread writes to within a second. */
const namespacesAtMost = 1_000

/** The paces of upserts into one namespace, for the vendor counts both. */
interface UpsertPaces {
  readonly requests: Pace
  readonly bytes: Pace
}

/**
 * The paces of the bulk work of one thread, one per index: moves that share an index share its pace. Threads and
 * replicas that meet on an index have a pace each, and together may pass its limit; then it refuses a call, which was
 * not done, and each that hears of it goes on at half its rate.
 */
export class Paces {
  readonly #clock: Pick<Clock, 'now' | 'sleep'>
  readonly #settings: PaceSettings | undefined
  readonly #paces = new Map<string, Pace>()
  /** The vendor counts lists separately. */
  readonly #listPaces = new Map<string, Pace>()
  /** By namespace: steps that follow each other on a place open it anew, and share what it bears. */
  readonly #upsertPaces = new Map<string, UpsertPaces>()

  constructor(clock: Pick<Clock, 'now' | 'sleep'> = systemClock, settings?: PaceSettings) {
    this.#clock = clock
    this.#settings = settings
  }

  of(project: string, index: string): Pace {
    return this.#known(this.#paces, `${project}/${index}`, this.#settings)
  }

  #known(paces: Map<string, Pace>, key: string, settings: PaceSettings | undefined): Pace {
    const known = paces.get(key)
    if (known !== undefined) return known
    const pace = new Pace(() => this.#clock.now(), settings)
    paces.set(key, pace)
    return pace
  }

  #upsertsOf(project: string, index: string, namespace: string): UpsertPaces {
    const key = `${project}/${index}/${namespace}`
    const nowMs = () => this.#clock.now()
    const paces = this.#upsertPaces.get(key) ?? {
      requests: new Pace(nowMs, upsertSettings),
      bytes: new Pace(nowMs, upsertByteSettings),
    }
    // The one that was opened longest ago comes first.
    this.#upsertPaces.delete(key)
    this.#upsertPaces.set(key, paces)
    const [oldest] = this.#upsertPaces.keys()
    if (this.#upsertPaces.size > namespacesAtMost && oldest !== undefined) this.#upsertPaces.delete(oldest)
    return paces
  }

  /** Observes every call of this replica, an app's included: an index that refuses any is in trouble. */
  noteCall(call: Pick<StoreCall, 'project' | 'index' | 'refusals'>): void {
    if (call.refusals === 0) return
    for (const paces of [this.#paces, this.#listPaces]) paces.get(`${call.project}/${call.index}`)?.refused()
  }

  /** The same store, with calls no faster than the pace of their index. */
  slow(stores: VectorStore): VectorStore {
    return {
      open: (placement) => this.#slowPlace(stores.open(placement)),
      createIndex: (...args) => stores.createIndex(...args),
      describeIndex: (...args) => stores.describeIndex(...args),
      listIndexes: (...args) => stores.listIndexes(...args),
      deleteIndex: (...args) => stores.deleteIndex(...args),
      listNamespaces: (...args) => stores.listNamespaces(...args),
    }
  }

  #slowPlace(inner: TenantStore): TenantStore {
    const { placement } = inner
    const pace = this.of(placement.project, placement.indexName)
    const lists = this.#known(this.#listPaces, `${placement.project}/${placement.indexName}`, listSettings)
    const upserts = this.#upsertsOf(placement.project, placement.indexName, placement.namespace)
    const paced = async <T>(
      costs: readonly (readonly [of: Pace, cost: number])[],
      options: CallOptions | undefined,
      call: () => Promise<T>,
    ): Promise<T> => {
      for (let tries = 1; ; tries += 1) {
        const waitMs = Math.max(...costs.map(([of, cost]) => of.take(cost)))
        if (waitMs > 0) await this.#clock.sleep(waitMs, options?.signal)
        try {
          return await call()
        } catch (error) {
          if (!isAppError(error, 'store_busy')) throw error
          // Nothing was done, so it is said again at the new pace: a batch is not to be begun anew for one of its calls.
          for (const [of] of costs) of.refused()
          if (tries >= triesWhenBusy) throw error
        }
      }
    }
    const { fetch, other } = callCosts
    const observed = async <T>(call: () => Promise<T>): Promise<T> => {
      const startedAtMs = this.#clock.now()
      const answer = await call()
      pace.answered(this.#clock.now() - startedAtMs)
      return answer
    }
    return {
      placement,
      fetch(ids, options) {
        // Long ids make more requests than pages.
        const calls = Math.max(1, Math.ceil(ids.length / 100), fetchBatches(ids).length)
        return paced([[pace, calls * fetch]], options, () => observed(() => inner.fetch(ids, options)))
      },
      list: (input, options) => paced([[lists, 1]], options, () => inner.list(input, options)),
      fetchByFilter: (input, options) => paced([[pace, fetch]], options, () => inner.fetchByFilter(input, options)),
      query: (input, options) => paced([[pace, fetch]], options, () => inner.query(input, options)),
      upsert(records, options) {
        const bytes = records.reduce((sum, record) => sum + storedRecordBytes(record), 0)
        const costs = [
          [pace, other],
          [upserts.requests, requestsOf(records, bytes)],
          [upserts.bytes, bytes],
        ] as const
        return paced(costs, options, () => inner.upsert(records, options))
      },
      update: (change, options) => paced([[pace, other]], options, () => inner.update(change, options)),
      updateByFilter: (filter, set, options) =>
        paced([[pace, other]], options, () => inner.updateByFilter(filter, set, options)),
      countByFilter: (filter, options) => paced([[pace, fetch]], options, () => inner.countByFilter(filter, options)),
      deleteIds: (ids, options) => paced([[pace, other]], options, () => inner.deleteIds(ids, options)),
      deleteByFilter: (filter, options) => paced([[pace, other]], options, () => inner.deleteByFilter(filter, options)),
      deleteAll: (options) => paced([[pace, other]], options, () => inner.deleteAll(options)),
      createNamespace: (options) => paced([[pace, other]], options, () => inner.createNamespace(options)),
      describeNamespace: (options) => paced([[pace, other]], options, () => inner.describeNamespace(options)),
      deleteNamespace: (options) => paced([[pace, other]], options, () => inner.deleteNamespace(options)),
    }
  }
}

/** Requests of an upsert; most are one, which needs no second look at their sizes. */
function requestsOf(records: readonly VectorRecord[], bytes: number): number {
  return fitsOneUpsert(records.length, bytes) ? 1 : upsertBatches(records).length
}
