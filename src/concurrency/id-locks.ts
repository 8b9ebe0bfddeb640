import type { TenantId } from '../placement/tenant-id.ts'

/** Lets the writes to one record of one tenant go one after another, in the order they came. */
export interface IdLocks {
  /** Runs `work` when every earlier holder of any of the ids has ended. */
  hold<T>(tenantId: TenantId, ids: readonly string[], work: () => Promise<T>): Promise<T>
}

/**
 * All of a caller's ids are taken in one step, so holders wait only for earlier ones and never in a circle. It orders
 * the writes of this replica; those of two replicas to one record are ordered by the store.
 */
export function idLocks(): IdLocks {
  const tails = new Map<string, Promise<void>>()
  return {
    async hold(tenantId, ids, work) {
      const keys = ids.map((id) => `${tenantId}/${id}`)
      const before = keys.flatMap((key) => tails.get(key) ?? [])
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      for (const key of keys) tails.set(key, ended)
      try {
        if (before.length > 0) await Promise.all(before)
        return await work()
      } finally {
        end()
        for (const key of keys) if (tails.get(key) === ended) tails.delete(key)
      }
    },
  }
}
