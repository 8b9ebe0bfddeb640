import { stamped, stampOf } from '../../stores/reserved.ts'
import type { VectorRecord } from '../../stores/store.ts'
import type { ChangedRow } from './move-changes.ts'

/**
 * Whether a read of the active place shows the row's last write instead of an older state: by the record's stamp; for a
 * delete by the record's absence; where no stamp tells, by the store's sequence numbers or by time (docs/moves.md A3).
 * An update's stamp shows only if the record existed, so for an update any of the three suffices, and then the shown
 * content, even none, is the truth.
 */
export function isFresh(
  row: ChangedRow,
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
 * Whether a read of the follower shows what was copied for this row, or something later: by the stamp of the row's
 * `seq`; else, as for a delete, by the follower's own sequence numbers or by time. Equal contents prove nothing: values
 * recur, and an absent record may be a put that is not visible yet.
 */
export function isShownThere(
  row: ChangedRow,
  shown: VectorRecord | undefined,
  readLsn: number | undefined,
  storeVisibleMs: number,
): boolean {
  if (shown !== undefined && stampOf(shown) === row.seq) return true
  if (row.syncedLsn !== undefined && readLsn !== undefined && readLsn >= row.syncedLsn) return true
  return row.syncedForMs >= storeVisibleMs
}

/**
 * The follower's copy of a record, stamped with its write's number. Metadata without space for it stays as it is; then
 * a sequence number or time proves what the follower shows.
 */
export function stampCopy(
  record: VectorRecord,
  seq: number,
): { readonly copy: VectorRecord; readonly stamped: boolean } {
  if (stampOf(record) === seq) return { copy: record, stamped: true }
  const metadata = stamped(record.metadata, seq)
  return metadata === undefined ? { copy: record, stamped: false } : { copy: { ...record, metadata }, stamped: true }
}
