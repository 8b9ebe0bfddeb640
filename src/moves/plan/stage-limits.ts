import { callCosts, listSettings, paceSettings, upsertByteSettings, upsertSettings } from '../pace/pace-settings.ts'

/** A limit that can set how long a stage of a move takes. */
export const stageLimitNames = [
  'fetches',
  'lists',
  'upserts',
  'upsert_bytes',
  'answers',
  'puts',
  'processor',
  'model_budget',
  'new_index',
  'replicas',
] as const
export type StageLimitName = (typeof stageLimitNames)[number]

/** The time that a stage takes at least, by one limit. */
export interface StageLimit {
  readonly limit: StageLimitName
  readonly seconds: number
}

/** Speeds that the times of a plan rest on. */
export interface Speeds {
  /** Answers of the store, in ms. */
  readonly listMs: number
  readonly fetchMs: number
  readonly upsertMs: number
  /** Processor time of reading one record and writing it, in seconds a million. */
  readonly processorS: number
  /** Fetches that a page of ids needs; more than one where ids are long. */
  readonly fetchesPerPage: number
}

/** Calls of a stage to one of the two places. */
export interface PlannedCalls {
  readonly list: number
  readonly fetch: number
  readonly upsert: number
  readonly other: number
}

/** The work of a stage at the two places, and of this replica. */
export interface StageWork {
  readonly source: PlannedCalls
  readonly target: PlannedCalls
  /** Pages of ids, read from both places side by side: those of the place that has more. */
  readonly pages: number
  /** Bytes that are upserted, as the vendor counts them. */
  readonly upsertBytes: number
  /** Records that are parsed, and records that are written. */
  readonly recordsRead: number
  readonly recordsWritten: number
  /** Listings at once. */
  readonly lanes: number
  /** Times that have nothing to do with records. */
  readonly waits: readonly StageLimit[]
}

/** Pages that a lane fetches beside its listing before it waits for them (`copy/read-ahead.ts`). */
const pagesPerBatch = 10
/** Upserts of a batch that are under way at once (`stores/batch-run.ts`). */
const putsAtOnce = 4

/**
 * The limits of a stage: each with the time that it would take if nothing else did. Calls go beside each other, so the
 * stage takes as long as the longest.
 *
 * - the store's rates, of which the mover keeps to nine tenths (`pace-settings.ts`);
 * - answers: a lane lists page by page and waits for the fetches of ten pages together; meanwhile its records take the
 *   processor, so a lane waits for both, and lanes go beside each other;
 * - puts: a batch is put while the next is read, four requests at once;
 * - the processor: a record that is read costs as much as one that is written, on one core for all lanes.
 *
 * docs/capacity.md shows each for 10,000,000 records.
 */
export function stageLimits(work: StageWork, speeds: Speeds): readonly StageLimit[] {
  const { source, target, pages, upsertBytes, lanes, waits } = work
  const upserts = source.upsert + target.upsert
  const batches = pages / pagesPerBatch
  const processorS = ((work.recordsRead + work.recordsWritten) / 2) * (speeds.processorS / 1e6)
  const fetchCost = ({ fetch, upsert, other }: PlannedCalls) =>
    fetch * callCosts.fetch + (upsert + other) * callCosts.other
  const putsS = Math.ceil(upserts / putsAtOnce) * (speeds.upsertMs / 1000)
  const limits: readonly StageLimit[] = [
    { limit: 'fetches', seconds: atPace(Math.max(fetchCost(source), fetchCost(target)), paceSettings) },
    { limit: 'lists', seconds: atPace(Math.max(source.list, target.list), listSettings) },
    { limit: 'upserts', seconds: atPace(upserts, upsertSettings) },
    { limit: 'upsert_bytes', seconds: atPace(upsertBytes, upsertByteSettings) },
    {
      limit: 'answers',
      seconds: (pages * (speeds.listMs / 1000) + batches * (speeds.fetchMs / 1000) + processorS) / lanes,
    },
    { limit: 'puts', seconds: putsS / lanes },
    { limit: 'processor', seconds: processorS },
    ...waits,
  ]
  return limits.filter(({ seconds }) => seconds > 0)
}

/** The limit that decides; undefined for a stage that takes no time. */
export function bindingOf(limits: readonly StageLimit[]): StageLimit | undefined {
  return limits.reduce<StageLimit | undefined>(
    (most, one) => (most === undefined || one.seconds > most.seconds ? one : most),
    undefined,
  )
}

/** An idle pace lets some through at once. */
function atPace(cost: number, { maxPerSecond, atOnce = maxPerSecond }: typeof paceSettings): number {
  return Math.max(0, cost - atOnce) / maxPerSecond
}
