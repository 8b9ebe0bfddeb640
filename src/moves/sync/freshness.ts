import { stamped, stampOf } from '../../stores/reserved.ts'
import type { VectorRecord } from '../../stores/store.ts'
import type { DirtyRow } from './dirty-ledger.ts'

/**
 * Whether what a read of the active place shows is the row's last write and not an older state: by the record's stamp;
 * for a delete by the record's absence; where no stamp tells, by the store's sequence numbers or by time (docs/moves.md A3).
 * The stamp of an update shows only if the record was there, so for one any of the three is enough, and then what is
 * shown, also nothing, is the truth.
 */
export function isFresh(
  row: DirtyRow,
  shown: VectorRecord | undefined,
  readLsn: number | undefined,
  storeVisibleMs: number,
): boolean {
  const isStamped = row.isPut && stampOf(shown) === row.seq
  if (row.trustStore || row.isUpdate) {
    const proven = row.lsn !== undefined && (row.lsn === 0 || (readLsn !== undefined && readLsn >= row.lsn))
    return proven || row.doneForMs >= storeVisibleMs || (!row.trustStore && isStamped)
  }
  return row.isPut ? isStamped : shown === undefined
}

/**
 * Whether what a read of the follower shows is what was carried over for this row, or came later: by the stamp of the
 * row's `seq`; else, as for a delete, by the follower's own sequence numbers or by time. Equal contents prove nothing,
 * for values return and what is absent may be a put that does not show yet.
 */
export function isShownThere(
  row: DirtyRow,
  shown: VectorRecord | undefined,
  readLsn: number | undefined,
  storeVisibleMs: number,
): boolean {
  if (shown !== undefined && stampOf(shown) === row.seq) return true
  if (row.syncedLsn !== undefined && readLsn !== undefined && readLsn >= row.syncedLsn) return true
  return row.syncedForMs >= storeVisibleMs
}

/**
 * The record as the follower gets it: with the number of the write that it is. Metadata without room for it goes as it
 * is; then a sequence number or time proves what the follower shows.
 */
export function stampCopy(
  record: VectorRecord,
  seq: number,
): { readonly copy: VectorRecord; readonly stamped: boolean } {
  if (stampOf(record) === seq) return { copy: record, stamped: true }
  const metadata = stamped(record.metadata, seq)
  return metadata === undefined ? { copy: record, stamped: false } : { copy: { ...record, metadata }, stamped: true }
}
