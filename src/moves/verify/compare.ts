import { setImmediate } from 'node:timers/promises'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'
import { type ReadSize, readAhead } from '../copy/read-ahead.ts'
import { budgetedSize } from '../copy/read-size.ts'
import type { ComparedRecords, PassProgress } from './comparison.ts'
import type { CopiedPage } from './copied-pages.ts'
import type { PageSample } from './cut-listing.ts'
import { digestRecord } from './digest.ts'
import { digestPage } from './digests-of-many.ts'
import { FollowedListing } from './follow-listing.ts'
import { matchOf, type RecordMatch } from './record-match.ts'
import { fetchPages, type SourceRun, sourceRuns } from './source-runs.ts'
import { ComparisonTally } from './tally.ts'

/**
 * Compares every record of two places: it merges their sorted listings, fetches what the target has and digests it. Where
 * the copy kept a page's digest, which counts the ids too, an equal one spares reading the page from the source; else
 * each pair is fetched and compared. Memory is bounded by two batches of each place and by the differences.
 */
export async function compare(
  source: TenantStore,
  target: TenantStore,
  options: {
    readonly signal: AbortSignal
    /** When two records are equal; by default bit by bit. */
    readonly match?: RecordMatch
    /** The kept pages after the position, where equal is bit by bit; by default none. */
    readonly pages?: AsyncIterator<CopiedPage>
    /** Compares only the ids that begin with it; by default all. */
    readonly prefix?: string
    /** Draws the pages that are read from the source all the same; by default from these pages. */
    readonly sample?: PageSample
    /** Size of the batches of both places; shared by comparisons that go on beside each other. */
    readonly size?: ReadSize
    /** Records per range of the stored digests. */
    readonly rangeSize: number
    /** The position of an earlier comparison; undefined: at the beginning. */
    readonly begun?: PassProgress | undefined
    /** Called after each batch. */
    readonly onProgress?: (progress: PassProgress) => Promise<void>
  },
): Promise<ComparedRecords> {
  const { signal, rangeSize, begun, onProgress, pages, match = matchOf(undefined, undefined) } = options
  const { prefix = '', sample, size = budgetedSize(1) } = options
  const afterId = begun?.lastId
  const copies = new FollowedListing(
    readAhead(target, { signal, prefix, afterId, cursor: begun?.targetCursor ?? undefined, size }),
  )
  const tally = new ComparisonTally(match, rangeSize, begun)
  const listing = { prefix, afterId, cursor: begun?.sourceCursor ?? undefined, pages, sample, size }
  for await (const { runs, lastId, cursor, isLast } of sourceRuns(source, listing, signal)) {
    const there = await copies.upTo(lastId)
    tally.listed(there.size)
    for (const { ids, digests, records } of await judgeRuns(source, runs, there, signal)) {
      const read = await records
      for (const [at, id] of ids.entries()) {
        if (at % 50 === 49) await setImmediate()
        const record = read?.get(id)
        const digest = digests?.[at]
        if (digest !== undefined) tally.equal(id, digest)
        else if (record !== undefined) tally.pair(record, there.get(id))
        // Deleted since it was listed: the change log knows, or it differs if the other place has it.
        else continue
        there.delete(id)
      }
    }
    tally.surplus(there.keys())
    const cursors = { sourceCursor: cursor ?? null, targetCursor: copies.cursor ?? null }
    if (!isLast) await onProgress?.({ ...tally.found, ...cursors, lastId, ranges: tally.ranges.soFar })
  }
  const rest = await copies.upTo(undefined)
  tally.surplus(rest.keys())
  tally.listed(rest.size)
  return { ...tally.found, ranges: tally.ranges.end() }
}

/** A run whose copies have the digests that the copy kept, in the order of its ids; or one whose records are read. */
interface JudgedRun {
  readonly ids: readonly string[]
  readonly digests?: readonly string[]
  readonly records?: SourceRun['records']
}

/** Digests the copies of runs that have a page, and begins to read those that differ from it. */
async function judgeRuns(
  source: TenantStore,
  runs: readonly SourceRun[],
  there: ReadonlyMap<string, VectorRecord | undefined>,
  signal: AbortSignal,
): Promise<readonly JudgedRun[]> {
  const judged: JudgedRun[] = []
  let sinceGivenWay = 0
  for (const { ids, page, records } of runs) {
    if (page === undefined) {
      judged.push({ ids, records })
      continue
    }
    // Digests take time, and this process has requests to serve.
    if (sinceGivenWay >= 50) {
      await setImmediate()
      sinceGivenWay = 0
    }
    sinceGivenWay += ids.length
    const copied = ids.flatMap((id) => there.get(id) ?? [])
    const digests = copied.length < ids.length ? [] : copied.map(digestRecord)
    const isEqual = digestPage(digests) === page.digest
    judged.push(isEqual ? { ids, digests } : { ids, records: fetchPages(source, ids, signal) })
  }
  for (const { records } of judged) records?.catch(() => undefined)
  return judged
}
