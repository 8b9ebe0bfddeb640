import { stampOf } from '../stores/reserved.ts'
import type { VectorRecord } from '../stores/store.ts'
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
