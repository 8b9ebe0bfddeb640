import { eachBatch } from '../../stores/batch-run.ts'
import type { TenantStore, VectorRecord, WriteReceipt } from '../../stores/store.ts'

/**
 * Records per request. Few, since a large body is built and parsed in one go, and reads of the same process wait for
 * it.
 */
const recordsAtOnce = 100

/**
 * Puts a batch in small requests, some at once. When it returns or throws, none of them is still being sent. The
 * receipt has a sequence number only if every request had one.
 */
export async function putBatch(
  into: TenantStore,
  records: readonly VectorRecord[],
  signal: AbortSignal,
): Promise<WriteReceipt> {
  const requests = Array.from({ length: Math.ceil(records.length / recordsAtOnce) }, (_, at) =>
    records.slice(at * recordsAtOnce, (at + 1) * recordsAtOnce),
  )
  return receiptOfAll(await eachBatch(requests, 'write', (some) => into.upsert(some, { signal })))
}

/** Puts several batches at once, each as `putBatch` does. */
export async function putBatches(
  into: TenantStore,
  batches: readonly (readonly VectorRecord[])[],
  signal: AbortSignal,
): Promise<WriteReceipt> {
  return receiptOfAll(await eachBatch(batches, 'write', (records) => putBatch(into, records, signal)))
}

function receiptOfAll(receipts: readonly WriteReceipt[]): WriteReceipt {
  const lsns = receipts.flatMap(({ lsn }) => lsn ?? [])
  return {
    ...(lsns.length > 0 && lsns.length === receipts.length && { lsn: Math.max(...lsns) }),
    ...(receipts.some((receipt) => receipt.doubtful) && { doubtful: true as const }),
  }
}
