import { oneAhead } from '../../concurrency/one-ahead.ts'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'
import { idsPerPage, listAfter, type ReadSize } from '../copy/read-ahead.ts'
import type { CopiedPage } from './copied-pages.ts'
import { type Cut, ListingCutter, type PageSample } from './cut-listing.ts'

type Records = ReadonlyMap<string, VectorRecord>

/** Consecutive ids of the source. Their records are being fetched where no kept page may spare that. */
export interface SourceRun extends Cut {
  readonly records: Promise<Records> | undefined
}

/** Runs of one stretch of the listing. */
export interface SourceBatch {
  readonly runs: readonly SourceRun[]
  readonly lastId: string
  /** A position of the listing from which everything after `lastId` is found; undefined: its beginning. */
  readonly cursor: string | undefined
  readonly isLast: boolean
}

/** The ids that are listed, and along which kept pages they are cut. */
interface SourceListing {
  readonly prefix: string
  readonly cursor: string | undefined
  readonly afterId: string | undefined
  readonly pages: AsyncIterator<CopiedPage> | undefined
  /** Drawn from the pages of all parts of a place. */
  readonly sample: PageSample | undefined
  readonly size: ReadSize
}

/**
 * Lists a place and cuts its ids along the kept pages. Records are fetched while the listing goes on, and the next batch
 * loads while the caller works on one.
 */
export function sourceRuns(
  from: TenantStore,
  listing: SourceListing,
  signal: AbortSignal,
): AsyncGenerator<SourceBatch, undefined> {
  return oneAhead(listRuns(from, listing, signal))
}

/** Fetches records, a page of ids in each request. */
export async function fetchPages(from: TenantStore, ids: readonly string[], signal: AbortSignal): Promise<Records> {
  const requests = Array.from({ length: Math.ceil(ids.length / idsPerPage) }, (_, at) =>
    from.fetch(ids.slice(at * idsPerPage, (at + 1) * idsPerPage), { signal }),
  )
  return new Map((await Promise.all(requests)).flatMap(({ records }) => [...records]))
}

async function* listRuns(
  from: TenantStore,
  { prefix, cursor, afterId, pages, sample, size }: SourceListing,
  signal: AbortSignal,
): AsyncGenerator<SourceBatch, undefined> {
  const cutter = new ListingCutter(pages, sample)
  let runs: SourceRun[] = []
  let listed = 0
  /** Where the listing's present page begins, and the one of the first id that is in no run yet. */
  let [at, openAt] = [cursor, cursor]
  for await (const { ids, nextCursor } of listAfter(from, { prefix, cursor, afterId }, signal)) {
    const isLast = nextCursor === undefined
    const wasEven = cutter.isEven
    const cuts = await cutter.add(ids, isLast)
    if (cutter.isEven) openAt = nextCursor
    else if (wasEven || cuts.length > 0) openAt = at
    at = nextCursor
    runs.push(...cuts.map((cut) => ({ ...cut, records: cut.page === undefined ? begin(cut.ids) : undefined })))
    if (ids.length > 0) listed += 1
    const lastId = runs.at(-1)?.ids.at(-1)
    if (lastId === undefined || (listed < size.pages() && !isLast)) continue
    yield { runs, lastId, cursor: openAt, isLast }
    runs = []
    listed = 0
  }
  return undefined

  function begin(ids: readonly string[]): Promise<Records> {
    const fetching = fetchPages(from, ids, signal)
    // A caller that stops here never asks how it went.
    fetching.catch(() => undefined)
    return fetching
  }
}
