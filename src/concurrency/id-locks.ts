import type { TenantId } from '../placement/tenant-id.ts'

/** Serializes the writes to one record of one tenant, in order of arrival. */
export interface IdLocks {
  /** Runs `work` once every earlier holder of any of the ids has ended. */
  hold<T>(tenantId: TenantId, ids: readonly string[], work: () => Promise<T>): Promise<T>
}

/**
 * A caller takes all its ids in one step, so holders wait only for earlier ones and never in a circle. It orders this
 * replica's writes; the store orders two replicas' writes to one record.
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
