import type { StepName } from '../state/next-step.ts'
import {
  bindingOf,
  type PlannedCalls,
  type Speeds,
  type StageLimit,
  type StageLimitName,
  stageLimits,
} from './stage-limits.ts'

export interface PlannedStep {
  readonly step: StepName
  readonly does: string
  readonly source: PlannedCalls
  readonly target: PlannedCalls
  /** Bytes of records that leave and enter the two places. */
  readonly bytes: { readonly fromSource: number; readonly fromTarget: number; readonly toTarget: number }
  readonly readUnits: number
  readonly writeUnits: number
  readonly seconds: number
  /** Listings at once. */
  readonly lanes: number
  /** Each limit with the time that it allows; the largest decides. */
  readonly limits: readonly StageLimit[]
  /** The limit that decides; null for a step that takes no time. */
  readonly binds: StageLimitName | null
}

/** Records and their bytes as the vendor counts them. */
export interface RecordSize {
  readonly records: number
  readonly bytes: number
}

type Side = 'source' | 'target'

const pageSize = 100
/** Records that a mover puts in one request. */
const recordsPerPut = 100
/** The vendor's largest upsert. */
const bytesPerPut = 2_000_000
/** Requests by which a place is split into parts: two splits, each of a page and a question for every character. */
const partRequests = { lists: 190, atOnce: 16 } as const
/**
 * Each upsert costs at least 5 write units, and 1 per started KB; so does a delete by id (docs: understanding cost).
 */
const leastWriteUnits = 5

/**
 * Executes the steps of a move by recording their cost. It has the operations that a step would use on the two places.
 * Units are counted as the vendor does: 1 read unit per page of ids, and 1 per started ten fetched records.
 */
export class PlanLedger {
  readonly #speeds: Speeds
  readonly #calls = {
    source: { list: 0, fetch: 0, upsert: 0, other: 0 },
    target: { list: 0, fetch: 0, upsert: 0, other: 0 },
  }
  readonly #read = { source: { records: 0, bytes: 0, pages: 0 }, target: { records: 0, bytes: 0, pages: 0 } }
  readonly #written = { records: 0, bytes: 0 }
  readonly #waits: StageLimit[] = []
  #lanes = 1
  #readUnits = 0
  #writeUnits = 0

  constructor(speeds: Speeds) {
    this.#speeds = speeds
  }

  /**
   * Lists all ids and fetches the records, page by page.
   * @param fetchedEvery one page in so many is fetched, and the first.
   */
  readAll(side: Side, { records, bytes }: RecordSize, fetchedEvery = 1): void {
    const pages = Math.max(1, Math.ceil(records / pageSize))
    const fetchedPages = Math.ceil(pages / fetchedEvery)
    const fetched = Math.min(records, fetchedPages * pageSize)
    this.#calls[side].list += pages
    this.#calls[side].fetch += records === 0 ? 0 : fetchedPages * this.#speeds.fetchesPerPage
    this.#read[side].records += fetched
    this.#read[side].bytes += records === 0 ? 0 : Math.round((bytes * fetched) / records)
    this.#read[side].pages += pages
    this.#readUnits += pages + Math.ceil(fetched / 10)
  }

  /** Splits a place into parts, and reads them in several lanes. */
  inLanes(side: Side, lanes: number): void {
    if (lanes <= 1) return
    this.#lanes = lanes
    this.#calls[side].list += partRequests.lists
    this.#readUnits += partRequests.lists
  }

  writeAll(side: Side, { records, bytes }: RecordSize): void {
    const calls = Math.max(Math.ceil(records / recordsPerPut), Math.ceil(bytes / bytesPerPut))
    this.#calls[side].upsert += calls
    this.#written.records += records
    this.#written.bytes += bytes
    this.#writeUnits += Math.max(Math.ceil(bytes / 1024), calls * leastWriteUnits)
  }

  /** Waits until the place shows everything: a write that changes nothing, and looks at the listing. */
  proveVisible(side: Side): void {
    this.#calls[side].other += 1
    this.#calls[side].list += 2
    this.#writeUnits += leastWriteUnits
    this.#readUnits += 2
  }

  /** Makes, describes or deletes a namespace or an index. */
  administer(side: Side, calls: number): void {
    this.#calls[side].other += calls
  }

  wait(limit: StageLimitName, seconds: number): void {
    this.#waits.push({ limit, seconds })
  }

  close(step: StepName, does: string): PlannedStep {
    const { source, target } = this.#calls
    const limits = stageLimits(
      {
        source,
        target,
        pages: Math.max(this.#read.source.pages, this.#read.target.pages),
        upsertBytes: this.#written.bytes,
        recordsRead: this.#read.source.records + this.#read.target.records,
        recordsWritten: this.#written.records,
        lanes: this.#lanes,
        waits: this.#waits,
      },
      this.#speeds,
    )
    const binds = bindingOf(limits)
    return {
      step,
      does,
      source,
      target,
      bytes: {
        fromSource: this.#read.source.bytes,
        fromTarget: this.#read.target.bytes,
        toTarget: this.#written.bytes,
      },
      readUnits: this.#readUnits,
      writeUnits: this.#writeUnits,
      seconds: binds?.seconds ?? 0,
      lanes: this.#lanes,
      limits,
      binds: binds?.limit ?? null,
    }
  }
}
