import type { TenantStore, VectorStore } from '../../src/stores/store.ts'

export type StoreCallName = Exclude<keyof VectorStore, 'open'> | Exclude<keyof TenantStore, 'placement'>

/** Thrown where a process dies: nothing more happens after it. */
export class Crash extends Error {}

/** Runs `step` before and after every call to the store; waiting, it holds the call open; throwing, it ends it there. */
export function stepIn(
  store: VectorStore,
  step: (call: StoreCallName, when: 'before' | 'after') => void | Promise<void>,
): VectorStore {
  const watch = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name === 'open') return (...args: unknown[]) => watch(value.apply(target, args))
        return async (...args: unknown[]) => {
          await step(name as StoreCallName, 'before')
          const answer = await value.apply(target, args)
          await step(name as StoreCallName, 'after')
          return answer
        }
      },
    })
  return watch(store)
}

/** Dies at the first such call. */
export function crashAt(call: StoreCallName, when: 'before' | 'after') {
  let died = false
  return (store: VectorStore) =>
    stepIn(store, (name, at) => {
      if (died || name !== call || at !== when) return
      died = true
      throw new Crash(`died ${when} ${call}`)
    })
}
