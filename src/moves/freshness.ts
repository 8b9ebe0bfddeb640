import type { VectorRecord } from '../stores/store.ts'
import type { DirtyRow } from './dirty-ledger.ts'

/** The reserved metadata key of a record's number while its tenant moves; docs/moves.md section 2. */
const stampKey = '_tr'

/**
 * Whether what a read of the active place shows is the row's last write and not an older state: by the record's stamp;
 * for a delete by the record's absence; where no stamp tells, by the store's sequence numbers or by time (docs/moves.md A3).
 */
export function isFresh(
  row: DirtyRow,
  shown: VectorRecord | undefined,
  readLsn: number | undefined,
  storeVisibleMs: number,
): boolean {
  if (row.trustStore) {
    const proven = row.lsn !== undefined && (row.lsn === 0 || (readLsn !== undefined && readLsn >= row.lsn))
    return proven || row.doneForMs >= storeVisibleMs
  }
  return row.isPut ? shown?.metadata?.[stampKey] === row.seq : shown === undefined
}

/** The number of the write that put a record; undefined when it was put before its tenant moved. */
export function stampOf(record: VectorRecord): number | undefined {
  const stamp = record.metadata?.[stampKey]
  return typeof stamp === 'number' ? stamp : undefined
}
