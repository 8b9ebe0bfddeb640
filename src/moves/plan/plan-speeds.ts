import { fetchBatches } from '../../stores/batches.ts'
import type { VectorRecord } from '../../stores/store.ts'
import type { Speeds } from './stage-limits.ts'

/** Where a speed is from: this service measured it, or documented constants are assumed. */
export type Basis = 'measured' | 'assumed'

export interface PlannedSpeeds extends Speeds {
  readonly basis: {
    /** Listings and fetches. */
    readonly answers: Basis
    readonly puts: Basis
    readonly processor: Basis
    readonly words: string
  }
}

/** Reads of the source by the plan itself. */
export interface SourceReads {
  readonly ids: readonly string[]
  readonly listMs: number
  /** The records of these ids, and how long their fetch took; undefined: there were none to fetch. */
  readonly fetched: { readonly records: ReadonlyMap<string, VectorRecord>; readonly ms: number } | undefined
}

/** The mean time of this replica's store calls of an operation; undefined where it made none yet. */
export type StoreMs = (operation: string) => number | undefined

/**
 * Seconds of a processor for a million records of one number each, to read and to write them: 140 s for 512 numbers
 * (docs/capacity.md).
 */
const processorSPerNumber = 140 / 512
/** An upsert is answered later than a fetch, by this factor. */
const upsertToFetch = 2

/** The speeds of a move of a place: measured where this service can, assumed else. */
export function speedsOf({ ids, listMs, fetched }: SourceReads, dimension: number, storeMs: StoreMs): PlannedSpeeds {
  const fetchMs = fetched?.ms ?? listMs
  const upsertMs = storeMs('upsert')
  const processorS = timeRecords([...(fetched?.records.values() ?? [])])
  const puts =
    upsertMs === undefined ? 'an upsert is assumed to take twice a fetch' : 'upserts as this replica made them'
  const processor =
    processorS === undefined
      ? 'the processor assumed as in docs/capacity.md'
      : 'the processor by reading and writing some of the records'
  return {
    listMs,
    fetchMs,
    upsertMs: upsertMs ?? upsertToFetch * fetchMs,
    processorS: processorS ?? processorSPerNumber * dimension,
    fetchesPerPage: Math.max(1, fetchBatches(ids).length),
    basis: {
      answers: 'measured',
      puts: upsertMs === undefined ? 'assumed' : 'measured',
      processor: processorS === undefined ? 'assumed' : 'measured',
      words: `Listings and fetches were measured now, by one call each; ${puts}; ${processor}. The vendor’s limits are those it documents.`,
    },
  }
}

/** Few, for this thread serves: some milliseconds for the largest vectors. */
const timedRecords = 20
const timedRounds = 3
/** The share of JSON in what a mover takes of a processor (docs/capacity.md). */
const jsonShare = 0.4

/** Seconds of this processor for a million such records; undefined without a record. The quickest round counts. */
function timeRecords(records: readonly VectorRecord[]): number | undefined {
  const some = records.slice(0, timedRecords).map((record) => ({ ...record, values: [...record.values] }))
  if (some.length === 0) return undefined
  const rounds = Array.from({ length: timedRounds }, () => {
    const startedAtMs = performance.now()
    JSON.parse(JSON.stringify(some))
    return performance.now() - startedAtMs
  })
  return ((Math.min(...rounds) / some.length) * 1000) / jsonShare
}
