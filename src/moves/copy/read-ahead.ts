import { isAppError } from '../../errors.ts'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'

/** Some pages of a place's listing in byte order, and their records. */
export interface Batch {
  readonly ids: readonly string[]
  /** The records; a listed id without one was deleted in between. */
  readonly records: ReadonlyMap<string, VectorRecord>
  /** The listing's position before this batch; undefined at the beginning. */
  readonly cursor: string | undefined
  /** The listing's next position; undefined at its end. */
  readonly nextCursor: string | undefined
}

/** A position to continue a listing from: an id, and the store's cursor for it while the store knows that. */
interface Position {
  readonly cursor?: string | undefined
  readonly afterId?: string | undefined
}

/** A position in the listing of the ids that begin with a prefix; without one, of all. */
interface ListPosition extends Position {
  readonly prefix?: string | undefined
}

/** How many pages a batch has. */
export interface ReadSize {
  pages(): number
  /** Records that were read: how large they are says how many of the next fit. */
  read(records: Iterable<VectorRecord>): void
}

interface ReadAheadOptions extends ListPosition {
  readonly size: ReadSize
  readonly signal: AbortSignal
}

/** The vendor's largest page of a listing. */
export const idsPerPage = 100
/** Listing pages in one batch, at most. A batch is fetched while the listing goes on. */
export const pagesPerBatch = 10

/**
 * Reads a whole place, or the part after a position. The next batch loads while the caller works on one, so that the
 * sequential listing determines the time. Memory holds at most two batches, however large the place is.
 */
export async function* readAhead(from: TenantStore, options: ReadAheadOptions): AsyncGenerator<Batch, undefined> {
  const { prefix, size, signal } = options
  let next: Promise<Batch> | undefined = begin(options)
  let { afterId } = options
  while (next !== undefined) {
    const batch: Batch = await next
    size.read(batch.records.values())
    afterId = batch.ids.at(-1) ?? afterId
    next = batch.nextCursor === undefined ? undefined : begin({ cursor: batch.nextCursor, afterId })
    yield batch
  }
  return undefined

  function begin(position: Position): Promise<Batch> {
    const reading = readBatch(from, { prefix, ...position }, { pages: size.pages(), signal })
    // A caller that stops here never asks how it went.
    reading.catch(() => undefined)
    return reading
  }
}

async function readBatch(
  from: TenantStore,
  { prefix, cursor, afterId }: ListPosition,
  { pages: most, signal }: { readonly pages: number; readonly signal: AbortSignal },
): Promise<Batch> {
  const ids: string[] = []
  const fetches: Promise<ReadonlyMap<string, VectorRecord>>[] = []
  const pages = listAfter(from, { prefix, cursor, afterId }, signal)
  let nextCursor = cursor
  for (let page = 0; page < most; ) {
    const listed = await pages.next()
    nextCursor = listed.value?.nextCursor
    if (listed.value !== undefined && listed.value.ids.length > 0) {
      const these = listed.value.ids
      page += 1
      ids.push(...these)
      const fetching = from.fetch(these, { signal }).then((answer) => answer.records)
      fetching.catch(() => undefined)
      fetches.push(fetching)
    }
    if (nextCursor === undefined) break
  }
  const records = new Map((await Promise.all(fetches)).flatMap((page) => [...page]))
  return { ids, records, cursor, nextCursor }
}

/** A page of ids, and the position after it. */
interface Page {
  readonly ids: readonly string[]
  readonly nextCursor: string | undefined
}

/**
 * Lists the ids after a position, page by page. A cursor that the store no longer knows is no fault of the place: the
 * listing restarts, and ids before the position are skipped.
 */
export async function* listAfter(
  from: TenantStore,
  { prefix, cursor, afterId }: ListPosition,
  signal: AbortSignal,
): AsyncGenerator<Page, undefined> {
  let [next, last] = [cursor, afterId]
  do {
    const at = next
    const listed = await from
      .list({ limit: idsPerPage, ...(prefix && { prefix }), ...(at !== undefined && { cursor: at }) }, { signal })
      .catch((fault) => {
        if (at === undefined || !isAppError(fault, 'invalid_request')) throw fault
        return undefined
      })
    if (listed === undefined) {
      next = undefined
      continue
    }
    // Byte order of UTF-8 and of UTF-16 differ only beyond the ASCII that ids are made of.
    const passed = last
    const ids = passed === undefined ? listed.ids : listed.ids.filter((id) => id > passed)
    last = ids.at(-1) ?? last
    next = listed.nextCursor
    yield { ids, nextCursor: next }
    if (next === undefined) return undefined
  } while (true)
}
