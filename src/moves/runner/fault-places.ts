import type { TenantStore, VectorStore } from '../../stores/store.ts'

/** The store call that failed. */
export interface FaultPlace {
  /** The operation by the port's name: `list`, `fetch`, `upsert`. */
  readonly operation: string
  readonly index: string
}

/** Remembers for each fault of a store call where it happened, to report it to a person. */
export class FaultPlaces {
  readonly #places = new WeakMap<object, FaultPlace>()

  of(fault: unknown): FaultPlace | undefined {
    return typeof fault === 'object' && fault !== null ? this.#places.get(fault) : undefined
  }

  /** The same store; errors of its calls are remembered here. */
  watch(stores: VectorStore): VectorStore {
    const of = this.#noting.bind(this)
    return {
      open: (placement) => this.#watchPlace(stores.open(placement)),
      createIndex: (...args) => of('createIndex', args[1].name, stores.createIndex(...args)),
      describeIndex: (...args) => of('describeIndex', args[1], stores.describeIndex(...args)),
      listIndexes: (...args) => of('listIndexes', '', stores.listIndexes(...args)),
      deleteIndex: (...args) => of('deleteIndex', args[1], stores.deleteIndex(...args)),
      listNamespaces: (...args) => of('listNamespaces', args[0].name, stores.listNamespaces(...args)),
    }
  }

  #watchPlace(place: TenantStore): TenantStore {
    return new Proxy(place, {
      get: (_, name) => {
        const member: unknown = Reflect.get(place, name)
        if (typeof member !== 'function' || typeof name !== 'string') return member
        return (...args: readonly unknown[]) => {
          const answer: unknown = member.apply(place, args)
          return answer instanceof Promise ? this.#noting(name, place.placement.indexName, answer) : answer
        }
      },
    })
  }

  async #noting<T>(operation: string, index: string, call: Promise<T>): Promise<T> {
    try {
      return await call
    } catch (fault) {
      if (typeof fault === 'object' && fault !== null) this.#places.set(fault, { operation, index })
      throw fault
    }
  }
}
