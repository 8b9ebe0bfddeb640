import { storedRecordBytes } from '../../stores/batches.ts'
import type { VectorRecord } from '../../stores/store.ts'
import { idsPerPage, pagesPerBatch, type ReadSize } from './read-ahead.ts'

/** Bytes of the records that a move holds in memory at once, over all its lanes. */
const bytesAtMost = 32 * 1024 * 1024
/** Each lane reads one batch while another of it is put. */
const batchesPerLane = 2
/** One record in so many is measured. */
const measuredEvery = 10

/**
 * Pages that the lanes of a move read into one batch, so that all their batches fit the budget. Records are as large as
 * those read so far. Of a first batch nobody has seen a record: it is one page in each of several lanes, and of full
 * size where there is one lane, so that a place of up to 1,000 records is one batch.
 */
export function budgetedSize(lanes: number): ReadSize {
  const share = bytesAtMost / (lanes * batchesPerLane)
  let recordBytes: number | undefined
  return {
    pages: () => {
      if (recordBytes === undefined) return lanes === 1 ? pagesPerBatch : 1
      return Math.min(pagesPerBatch, Math.max(1, Math.floor(share / (idsPerPage * recordBytes))))
    },
    read: (records) => {
      const some = [...records].filter((_, at) => at % measuredEvery === 0)
      if (some.length === 0) return
      const mean = some.reduce((sum, record) => sum + heldBytes(record), 0) / some.length
      recordBytes = Math.max(recordBytes ?? 0, mean)
    },
  }
}

/** Numbers are held in 8 bytes where they are stored in 4, and text may take two bytes a character. */
function heldBytes(record: VectorRecord): number {
  return 2 * storedRecordBytes(record)
}
