import { callCosts, listSettings, type PaceSettings, paceSettings } from '../pace/pace-settings.ts'
import type { StepName } from '../state/next-step.ts'

/** Calls of one step to one of the two places. */
export interface PlannedCalls {
  readonly list: number
  readonly fetch: number
  readonly upsert: number
  readonly other: number
}

export interface PlannedStep {
  readonly step: StepName
  readonly does: string
  readonly source: PlannedCalls
  readonly target: PlannedCalls
  readonly readUnits: number
  readonly writeUnits: number
  readonly seconds: number
}

/** Measured latencies of the store's calls. */
export interface Latency {
  readonly listMs: number
  readonly fetchMs: number
}

type Side = 'source' | 'target'

const pageSize = 100
/**
 * Each upsert costs at least 5 write units, and 1 per started KB; so does a delete by id (docs: understanding cost).
 */
const leastWriteUnits = 5

/**
 * Executes the steps of a move by recording their cost. It has the operations that a step would use on the two places.
 * Units are counted as the vendor does: 1 read unit per page of ids, and 1 per started ten fetched records.
 */
export class PlanLedger {
  readonly #latency: Latency
  readonly #calls = {
    source: { list: 0, fetch: 0, upsert: 0, other: 0 },
    target: { list: 0, fetch: 0, upsert: 0, other: 0 },
  }
  #readUnits = 0
  #writeUnits = 0
  #waitS = 0

  constructor(latency: Latency) {
    this.#latency = latency
  }

  /** Lists all ids and fetches the records, page by page. */
  readAll(side: Side, records: number): void {
    const pages = Math.max(1, Math.ceil(records / pageSize))
    this.#calls[side].list += pages
    this.#calls[side].fetch += records === 0 ? 0 : pages
    this.#readUnits += pages + Math.ceil(records / 10)
  }

  writeAll(side: Side, records: number, bytes: number, recordsPerCall: number): void {
    const calls = Math.ceil(records / recordsPerCall)
    this.#calls[side].upsert += calls
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

  wait(seconds: number): void {
    this.#waitS += seconds
  }

  close(step: StepName, does: string): PlannedStep {
    const { source, target } = this.#calls
    const seconds = this.#waitS + Math.max(...[source, target].map((one) => this.#seconds(one)))
    return { step, does, source, target, readUnits: this.#readUnits, writeUnits: this.#writeUnits, seconds }
  }

  /** The time that answers or the pace require, whichever is longer. */
  #seconds({ list, fetch, upsert, other }: PlannedCalls): number {
    const { listMs, fetchMs } = this.#latency
    const answersMs = list * listMs + fetch * fetchMs + (upsert + other) * 4 * fetchMs
    const cost = fetch * callCosts.fetch + (upsert + other) * callCosts.other
    const atPace = (of: number, { maxPerSecond }: PaceSettings) => (of - maxPerSecond) / maxPerSecond
    return Math.max(answersMs / 1000, atPace(cost, paceSettings), atPace(list, listSettings))
  }
}
