import type { TenantStore, VectorStore } from '../../src/stores/store.ts'

export type StoreMethod = Exclude<keyof TenantStore, 'placement'>

export interface WatchedStore extends VectorStore {
  /** Calls of a place so far, in their order. */
  readonly calls: StoreMethod[]
  /** Runs in front of each next call of the method, until it is replaced; throwing or waiting, it holds the call up. */
  before(method: StoreMethod, step: (() => void | Promise<void>) | undefined): void
  /** Runs when the call is done; throwing, it hides its answer. */
  after(method: StoreMethod, step: (() => void | Promise<void>) | undefined): void
}

/** A store that counts the calls to it and lets a test step in before and after them. */
export function watchedStore(inner: VectorStore): WatchedStore {
  const calls: StoreMethod[] = []
  const before = new Map<StoreMethod, () => void | Promise<void>>()
  const after = new Map<StoreMethod, () => void | Promise<void>>()
  const set = (steps: typeof before) => (method: StoreMethod, step: (() => void | Promise<void>) | undefined) => {
    if (step === undefined) steps.delete(method)
    else steps.set(method, step)
  }
  const watch = (place: TenantStore): TenantStore =>
    new Proxy(place, {
      get(target, name: keyof TenantStore) {
        if (name === 'placement' || typeof target[name] !== 'function') return target[name]
        const method = target[name] as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          calls.push(name)
          await before.get(name)?.()
          const answer = await method.apply(target, args)
          await after.get(name)?.()
          return answer
        }
      },
    })
  return {
    calls,
    before: set(before),
    after: set(after),
    open: (placement) => watch(inner.open(placement)),
    createIndex: (project, spec, options) => inner.createIndex(project, spec, options),
    describeIndex: (project, name, options) => inner.describeIndex(project, name, options),
    listIndexes: (project, options) => inner.listIndexes(project, options),
    deleteIndex: (project, name, options) => inner.deleteIndex(project, name, options),
    listNamespaces: (index, input, options) => inner.listNamespaces(index, input, options),
  }
}
