import { type IdLocks, idLocks } from '../concurrency/id-locks.ts'
import { RecentMap } from '../concurrency/recent-map.ts'
import type { TenantId } from '../placement/tenant-id.ts'

/**
 * What this replica remembers between requests to spare the store or to order its own writes. All of it may be
 * forgotten: then something is asked once more.
 */
export interface RagMemory {
  /** Writes of this replica to one record go one after another. */
  readonly locks: IdLocks
  /** When the next delete by filter of a tenant has its turn, in ms of the clock. */
  readonly filterDeletes: RecentMap<TenantId, number>
  /** Places whose emptiness was looked into and found to be real. */
  readonly realEmpties: RecentMap<number, true>
}

export function ragMemory(): RagMemory {
  return {
    locks: idLocks(),
    filterDeletes: new RecentMap({ max: 50_000 }),
    realEmpties: new RecentMap({ max: 50_000, ttlMs: 5_000 }),
  }
}
