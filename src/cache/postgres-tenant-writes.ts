import type { Sql } from 'postgres'
import { isTenantId, type TenantId } from '../placement/tenant-id.ts'
import type { ResultCache } from './result-cache.ts'
import type { TenantWrites } from './tenant-writes.ts'

/** Channel on which replicas announce their writes to each other; the payload is the tenant's id. */
export const tenantWritesChannel = 'tenant_writes'

export interface TenantWritesOptions {
  readonly database: {
    readonly sql: Sql
    listen(channel: string, hear: (payload: string) => void, missed: () => void): Promise<() => Promise<void>>
  }
  readonly cache: Pick<ResultCache, 'drop' | 'dropAll'>
  /** Called when an announcement is lost: other replicas' answers, or ours, stay stale until they expire. */
  readonly onFault?: (error: unknown) => void
}

/** Announcements of this window are sent together, since Postgres handles notifications one commit after another. */
const gatherMs = 20
const retryMs = 1_000

/**
 * Announces writes over Postgres. A lost connection may have missed announcements, so the replica drops its whole cache
 * when the connection is back, and every two seconds while a pooler keeps it from listening. While Postgres is
 * unavailable, other replicas' answers are stale for at most the cache's time to live.
 */
export async function listenForTenantWrites(options: TenantWritesOptions): Promise<TenantWrites & AsyncDisposable> {
  const { database, cache } = options
  const { sql } = database
  let pending = new Set<TenantId>()
  let sending: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const send = async (): Promise<void> => {
    timer = undefined
    const batch = pending
    pending = new Set()
    try {
      await sql`select pg_notify(${tenantWritesChannel}, id) from unnest(${[...batch]}::text[]) as id`
    } catch (error) {
      for (const tenantId of batch) pending.add(tenantId)
      options.onFault?.(error)
      if (!closed) later(retryMs)
    }
  }
  const later = (ms: number): void => {
    timer ??= setTimeout(() => {
      sending = send().finally(() => {
        sending = undefined
        if (pending.size > 0 && !closed) later(gatherMs)
      })
    }, ms)
  }

  let first = true
  const unlisten = await database.listen(
    tenantWritesChannel,
    (payload) => {
      if (isTenantId(payload)) cache.drop(payload)
      else cache.dropAll()
    },
    () => {
      if (!first) cache.dropAll()
      first = false
    },
  )
  return {
    announce(tenantId) {
      cache.drop(tenantId)
      pending.add(tenantId)
      if (sending === undefined && !closed) later(gatherMs)
    },
    async [Symbol.asyncDispose]() {
      closed = true
      clearTimeout(timer)
      await sending
      if (pending.size > 0) await send()
      await unlisten()
    },
  }
}
