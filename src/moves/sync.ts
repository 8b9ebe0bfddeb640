import { isAppError } from '../errors.ts'
import type { TenantStore, WriteReceipt } from '../stores/store.ts'
import { digestRecord } from './digest.ts'
import type { DirtyLedger, DirtyRow } from './dirty-ledger.ts'
import { isFresh } from './freshness.ts'

/** What a round of syncing or comparing works with. */
export interface SyncParts {
  readonly ledger: DirtyLedger
  readonly active: TenantStore
  readonly follower: TenantStore
  readonly storeVisibleMs: number
  readonly storeInDoubtMs: number
  readonly signal: AbortSignal
}

/** Rows carried over at once: one fetch of the active place and one write of each kind to the follower. */
const batchSize = 200

/**
 * Carries what was written in the active place over to the follower, a batch: read until it is proven to be the last
 * write, put or delete it, and mark it only if nothing was written since. Copy and sync never overlap, for one mover
 * does one after the other.
 *
 * @returns how many were carried over, and how many could not be proven yet.
 */
export async function syncRound(parts: SyncParts): Promise<{ readonly synced: number; readonly waiting: number }> {
  const { ledger, active, follower, signal } = parts
  await ledger.closeDoubts()
  const rows = await ledger.unsynced(batchSize)
  if (rows.length === 0) return { synced: 0, waiting: 0 }
  const { records, indexedLsn } = await active.fetch(
    rows.map((row) => row.id),
    { signal },
  )
  const fresh = rows.filter((row) => isFresh(row, records.get(row.id), indexedLsn, parts.storeVisibleMs))
  if (fresh.length > 0) {
    const ids = fresh.map((row) => row.id)
    await ledger.claim(ids)
    const puts = ids.flatMap((id) => records.get(id) ?? [])
    const deletes = ids.filter((id) => !records.has(id))
    if (puts.length > 0) await carry(parts, ids, () => follower.upsert(puts, { signal }))
    if (deletes.length > 0) await carry(parts, ids, () => follower.deleteIds(deletes, { signal }))
    await ledger.synced(fresh)
  }
  return { synced: fresh.length, waiting: rows.length - fresh.length }
}

/** A write to the follower. If it may land later, its records are suspect until it no longer can. */
export async function carry(
  parts: Pick<SyncParts, 'ledger' | 'storeInDoubtMs'>,
  ids: readonly string[],
  send: () => Promise<WriteReceipt>,
): Promise<void> {
  try {
    const receipt = await send()
    if (receipt.doubtful) await parts.ledger.soil(ids, parts.storeInDoubtMs)
  } catch (error) {
    const refused = isAppError(error) && error.code !== 'outcome_unknown'
    if (!refused) await parts.ledger.soil(ids, parts.storeInDoubtMs)
    throw error
  }
}

/**
 * Compares what was carried over, a batch. What differs although the store has had the time to show it is dirty again.
 * @returns how many were equal, how many are to be looked at again, and how many were made dirty.
 */
export async function verifyRound(
  parts: SyncParts,
): Promise<{ readonly verified: number; readonly waiting: number; readonly soiled: number }> {
  const { ledger, active, follower, signal, storeVisibleMs } = parts
  const rows = await ledger.unverified(batchSize)
  if (rows.length === 0) return { verified: 0, waiting: 0, soiled: 0 }
  const ids = rows.map((row) => row.id)
  const [here, there] = await Promise.all([active.fetch(ids, { signal }), follower.fetch(ids, { signal })])
  const digest = (records: typeof here.records, { id }: DirtyRow) => {
    const record = records.get(id)
    return record === undefined ? 'absent' : digestRecord(record)
  }
  const isEqual = (row: DirtyRow) => digest(here.records, row) === digest(there.records, row)
  const equal = rows.filter(isEqual)
  const different = rows.filter((row) => !isEqual(row) && row.syncedForMs >= storeVisibleMs)
  if (equal.length > 0) await ledger.verified(equal)
  await ledger.soil(different.map((row) => row.id))
  return { verified: equal.length, waiting: rows.length - equal.length - different.length, soiled: different.length }
}
