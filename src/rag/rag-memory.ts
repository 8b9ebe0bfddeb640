import { LRUCache } from 'lru-cache'
import { type IdLocks, idLocks } from '../concurrency/id-locks.ts'
import type { TenantId } from '../placement/tenant-id.ts'

/**
 * State that this replica keeps between requests, to spare the store or to order its own writes. Losing it costs only
 * repeated calls.
 */
export interface RagMemory {
  /** Serializes this replica's writes to one record. */
  readonly locks: IdLocks
  /** Time of a tenant's next delete by filter, in ms of the clock. */
  readonly filterDeletes: LRUCache<TenantId, number>
  /** Places that were checked and found really empty. */
  readonly realEmpties: LRUCache<number, true>
}

/** @param most entries of each kind: room for all of them is taken at once. */
export function ragMemory(most = 50_000): RagMemory {
  return {
    locks: idLocks(),
    filterDeletes: new LRUCache({ max: most }),
    realEmpties: new LRUCache({ max: most, ttl: 5_000 }),
  }
}
