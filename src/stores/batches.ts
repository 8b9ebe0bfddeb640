import type { VectorRecord } from './store.ts'

/** Pinecone: 1,000 records and 2 MB an upsert (docs: operation limits). */
const upsertRecords = 1_000
const upsertBytes = 2_000_000
/** Pinecone: 1,000 ids a delete. */
const deleteIds = 1_000
/** Pinecone: 1,000 ids a fetch; they travel in the URL, and servers accept about 8 KB of it. */
const fetchIds = 1_000
const fetchUrlChars = 7_000

/**
 * Splits records into batches that the store accepts. Of two with one id only the last is kept, as batches may overtake
 * each other.
 */
export function upsertBatches(records: readonly VectorRecord[]): VectorRecord[][] {
  const lastOfEach = new Map(records.map((record) => [record.id, record]))
  return batches([...lastOfEach.values()], upsertRecords, upsertBytes, storedRecordBytes)
}

/** Whether records of that many bytes in all are one batch. */
export function fitsOneUpsert(records: number, bytes: number): boolean {
  return records <= upsertRecords && bytes <= upsertBytes
}

export function deleteBatches(ids: readonly string[]): string[][] {
  return batches([...new Set(ids)], deleteIds, Number.POSITIVE_INFINITY, () => 0)
}

export function fetchBatches(ids: readonly string[]): string[][] {
  return batches([...new Set(ids)], fetchIds, fetchUrlChars, (id) => encodeURIComponent(id).length + '&ids='.length)
}

/**
 * The vendor counts the decoded request, 4 bytes per dimension: its table of batch sizes lists 559 records for 768
 * dimensions with 500 bytes of metadata, and 245 for 1,536 with 2,000 (docs: upsert in batches).
 */
export function storedRecordBytes({ id, values, sparseValues, metadata }: VectorRecord): number {
  const sparseBytes = sparseValues ? 8 * sparseValues.indices.length : 0
  const metadataBytes = metadata ? Buffer.byteLength(JSON.stringify(metadata)) : 0
  return 16 + Buffer.byteLength(id) + 4 * values.length + sparseBytes + metadataBytes
}

function batches<T>(items: readonly T[], maxCount: number, maxSize: number, sizeOf: (item: T) => number): T[][] {
  const done: T[][] = []
  let open: T[] = []
  let openSize = 0
  for (const item of items) {
    const size = sizeOf(item)
    if (open.length > 0 && (open.length >= maxCount || openSize + size > maxSize)) {
      done.push(open)
      open = []
      openSize = 0
    }
    open.push(item)
    openSize += size
  }
  if (open.length > 0) done.push(open)
  return done
}
