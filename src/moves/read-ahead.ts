import type { TenantStore, VectorRecord } from '../stores/store.ts'

/** Some pages of a place's listing in byte order, and their records. */
export interface Batch {
  readonly ids: readonly string[]
  /** What was listed and is not here was deleted in between. */
  readonly records: ReadonlyMap<string, VectorRecord>
  /** Where the listing goes on; undefined at its end. */
  readonly nextCursor: string | undefined
}

interface ReadAheadOptions {
  readonly cursor?: string | null
  readonly signal: AbortSignal
}

/** Listing pages of 100 ids in one batch, which are fetched at once while the listing goes on. */
const pagesPerBatch = 10

/**
 * Reads a whole place. While the caller works on one batch the next is on its way, so that a listing, which goes page by
 * page, is what the time depends on; two batches are in memory at most, however large the place is.
 */
export async function* readAhead(from: TenantStore, options: ReadAheadOptions): AsyncGenerator<Batch, undefined> {
  let next: Promise<Batch> | undefined = begin(options.cursor ?? undefined)
  while (next !== undefined) {
    const batch: Batch = await next
    next = batch.nextCursor === undefined ? undefined : begin(batch.nextCursor)
    yield batch
  }
  return undefined

  function begin(cursor: string | undefined): Promise<Batch> {
    const reading = readBatch(from, cursor, options.signal)
    // A caller that stops here never asks how it went.
    reading.catch(() => undefined)
    return reading
  }
}

async function readBatch(from: TenantStore, cursor: string | undefined, signal: AbortSignal): Promise<Batch> {
  const ids: string[] = []
  const fetches: Promise<ReadonlyMap<string, VectorRecord>>[] = []
  let nextCursor = cursor
  for (let page = 0; page < pagesPerBatch; page += 1) {
    const listed = await from.list({ limit: 100, ...(nextCursor && { cursor: nextCursor }) }, { signal })
    nextCursor = listed.nextCursor
    if (listed.ids.length > 0) {
      ids.push(...listed.ids)
      const fetching = from.fetch(listed.ids, { signal }).then((answer) => answer.records)
      fetching.catch(() => undefined)
      fetches.push(fetching)
    }
    if (nextCursor === undefined) break
  }
  const records = new Map((await Promise.all(fetches)).flatMap((page) => [...page]))
  return { ids, records, nextCursor }
}
