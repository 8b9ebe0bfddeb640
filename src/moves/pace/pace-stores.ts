import { type Clock, systemClock } from '../../clock.ts'
import { isAppError } from '../../errors.ts'
import { storedRecordBytes } from '../../stores/batches.ts'
import type { CallOptions, TenantStore, VectorStore } from '../../stores/store.ts'
import type { StoreCall } from '../../stores/store-calls.ts'
import { Pace } from './pace.ts'
import { callCosts, listSettings, type PaceSettings, upsertByteSettings } from './pace-settings.ts'

/** Refused tries of a call, beyond the store's own retries, after which the step gets the fault. */
const triesWhenBusy = 8

/** The paces of the bulk work of one thread, one per index: moves that share an index share its pace. */
export class Paces {
  readonly #clock: Pick<Clock, 'now' | 'sleep'>
  readonly #settings: PaceSettings | undefined
  readonly #paces = new Map<string, Pace>()
  /** The vendor counts lists separately. */
  readonly #listPaces = new Map<string, Pace>()

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
    // A namespace has one mover, which opens it for each step.
    const upsertBytes = new Pace(() => this.#clock.now(), upsertByteSettings)
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
        const calls = Math.max(1, Math.ceil(ids.length / 100))
        return paced([[pace, calls * fetch]], options, () => observed(() => inner.fetch(ids, options)))
      },
      list: (input, options) => paced([[lists, 1]], options, () => inner.list(input, options)),
      fetchByFilter: (input, options) => paced([[pace, fetch]], options, () => inner.fetchByFilter(input, options)),
      query: (input, options) => paced([[pace, fetch]], options, () => inner.query(input, options)),
      upsert(records, options) {
        const bytes = records.reduce((sum, record) => sum + storedRecordBytes(record), 0)
        const costs = [
          [pace, other],
          [upsertBytes, bytes],
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
