import { sql } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import type { RecordFields } from '../../placement/record-fields.ts'
import { findIndex, type IndexRow } from '../../registry/indexes.ts'
import { toPlacement } from '../../registry/places.ts'
import { readRecentUse } from '../../registry/usage/recent-use.ts'
import { countUnnamedVectors } from '../../registry/usage/unnamed-vectors.ts'
import type { TenantStore, VectorStore } from '../../stores/store.ts'
import { listSettings, paceSettings, vendorRates } from '../pace/pace-settings.ts'
import { readFields } from '../state/read-places.ts'
import { defaultCopyLanes, defaultCopySplit, type MoveSettings } from '../sync/step.ts'
import { lookAhead, type Prospect, type WantedMove } from '../target/plan-refusals.ts'
import { keepsRecords } from '../target/target-spec.ts'
import { countTextless, whyNoTexts } from './count-texts.ts'
import { type LimitFacts, limitWords } from './limit-words.ts'
import { monthlyCosts } from './monthly-cost.ts'
import { parityOf } from './parity.ts'
import { egressOf } from './plan-egress.ts'
import type { PlannedStep } from './plan-ledger.ts'
import { planRelocation } from './plan-relocation.ts'
import { measureSource, type SourceSize } from './plan-source.ts'
import type { StoreMs } from './plan-speeds.ts'
import { planSteps, precedesSwitch } from './plan-steps.ts'
import type { MovePlan, PlannedEmbedding } from './plan-view.ts'
import { type PriceList, type Prices, pricesOf } from './price-list.ts'
import { quotaOf } from './quota.ts'

export interface PlanMoveDeps {
  readonly db: Db
  readonly stores: VectorStore
  readonly settings: MoveSettings
  readonly priceList: PriceList
  /** Mean times of this replica's store calls, where it has made such. */
  readonly storeMs?: StoreMs | undefined
}

/**
 * Describes a move without changing anything: it reads the registry, and the source by three calls. A move that would
 * be refused has a plan too, with the reasons.
 * @throws AppError `not_found`, `tenant_not_ready`, `invalid_request`, and the store's faults.
 */
export async function planMove(deps: PlanMoveDeps, wanted: WantedMove, signal: AbortSignal): Promise<MovePlan> {
  const { db, stores, settings } = deps
  const prospect = await lookAhead(db, settings, wanted)
  const { source, spec, target } = prospect
  const { region, placeKind: into } = spec
  const store = stores.open(toPlacement(source.place, source.index))
  const fields = await readFields(db, wanted)
  const size = await measureSource(store, fields, deps.storeMs ?? (() => undefined), signal)
  const { kind } = wanted
  const embedding = wanted.model === undefined ? null : await planEmbedding(deps, store, fields, wanted, size, signal)
  const textless =
    embedding === null
      ? undefined
      : whyNoTexts({ count: embedding.withoutText, missing: embedding.missing }, fields, wanted)
  const refusals = [...prospect.refusals, ...(textless === undefined ? [] : [textless])]
  const { retentionMs } = settings
  const from = source.index.kind
  const lanes = lanesOf(settings, size, embedding)
  const { records, bytes, speeds } = size
  const steps = planSteps({
    kind,
    from,
    into,
    embedS: embedding?.seconds ?? 0,
    lanes,
    keepsDigests: keepsRecords(spec, source.index),
    retentionMs,
    records,
    bytes,
    speeds,
  })
  const before = steps.filter(precedesSwitch)
  const units = { read: sum(steps, (one) => one.readUnits), write: sum(steps, (one) => one.writeUnits) }
  const chosen = target === undefined ? prospect.wanted : await findIndex(db, target.indexId)
  const cloud = prospect.project?.cloud ?? chosen?.cloud ?? source.index.cloud
  const prices = pricesOf(deps.priceList, cloud, region)
  const quota = await quotaOf(db, prospect, chosen, settings)
  const pricesHere = pricesOf(deps.priceList, source.index.cloud, source.index.region)
  const here = { region: `${source.index.cloud}/${source.index.region}`, prices: pricesHere }
  const egress = egressOf(steps, { here, there: { region: `${cloud}/${region}`, prices } }, deps.priceList)
  return {
    tenantId: wanted.tenantId,
    kind,
    refusals: refusals.map(({ code, message, faults }) => ({ code, message, faults })),
    source: {
      kind: source.index.kind,
      project: source.index.project,
      index: source.index.name,
      region: source.index.region,
    },
    target: targetOf(prospect, chosen),
    records: size.records,
    bytes: size.bytes,
    sampledRecords: size.sampled,
    units,
    price: prices === undefined ? null : priceOf(deps.priceList, prices, units, size.bytes, retentionMs),
    priceNote: priceNote(deps.priceList, cloud, region, prices, kind),
    monthly: monthlyCosts(await readRecentUse(db, wanted.tenantId), size.bytes, {
      before: pricesHere,
      after: prices,
    }),
    egress,
    durationS: round(sum(before, (one) => one.seconds)),
    binds: bindingStep(before, { speeds, tokensPerMinute: embedding?.tokensPerMinute ?? 0 }),
    speeds,
    writePause: await expectedPause(db, settings.fenceBudgetMs),
    rates: ratesOf(steps, source.index.name, chosen?.name ?? 'the new index'),
    quota,
    parity: parityOf(source.index, chosen, spec),
    embedding,
    relocation: kind === 'relocate' ? planRelocation(prospect, quota, egress) : null,
    steps,
  }
}

/** Lanes of the copy, as the mover decides it: a model that makes the vectors determines the time. */
function lanesOf(settings: MoveSettings, { records }: SourceSize, embedding: PlannedEmbedding | null): number {
  const { copyLanes = defaultCopyLanes, copySplit: { fromRecords } = defaultCopySplit } = settings
  return embedding === null && records >= fromRecords ? copyLanes : 1
}

/** The longest step, and the limit that makes it so. */
function bindingStep(steps: readonly PlannedStep[], facts: Omit<LimitFacts, 'lanes'>): MovePlan['binds'] {
  const [longest] = steps.toSorted((one, other) => other.seconds - one.seconds)
  if (longest === undefined || longest.binds === null) throw new Error('a step of a move takes time')
  const { step, binds: limit, seconds, lanes } = longest
  return { step, limit, seconds: round(seconds), words: limitWords(limit, { ...facts, lanes }) }
}

/** Counts what has to be embedded anew, and what it costs by the model's price and the movers' budget. */
async function planEmbedding(
  { db, settings }: Pick<PlanMoveDeps, 'db' | 'settings'>,
  store: TenantStore,
  fields: RecordFields,
  wanted: WantedMove,
  { records, sampled, sampledTokens }: SourceSize,
  signal: AbortSignal,
): Promise<PlannedEmbedding> {
  const textless = await countTextless(db, store, fields, wanted, signal)
  const tokens = Math.round((sampledTokens / Math.max(1, sampled)) * records)
  const { tenantId, model = '', maxRecallLoss } = wanted
  const price = settings.models?.find(({ name }) => name === model)?.price
  const { reembedTokensPerMinute: tokensPerMinute = 0 } = settings
  return {
    model,
    withoutText: textless.count,
    missing: textless.missing,
    unnamedVectors: await countUnnamedVectors(db, tenantId),
    tokens,
    price: price === undefined ? null : (tokens / 1e6) * price,
    seconds: tokensPerMinute === 0 ? 0 : round((tokens / tokensPerMinute) * 60),
    tokensPerMinute,
    maxRecallLoss: maxRecallLoss ?? null,
  }
}

function targetOf({ spec, project }: Prospect, chosen: IndexRow | undefined): MovePlan['target'] {
  const { region, placeKind } = spec
  if (placeKind === 'silo')
    return project === undefined ? null : { kind: 'silo', project: project.name, index: null, region }
  if (chosen === undefined) return null
  return { kind: 'pool', project: chosen.project, index: chosen.name, region: chosen.region }
}

function priceOf(
  list: PriceList,
  prices: Prices,
  units: MovePlan['units'],
  bytes: number,
  retentionMs: number,
): NonNullable<MovePlan['price']> {
  const readUnits = (units.read / 1e6) * prices.perMillionReadUnits
  const writeUnits = (units.write / 1e6) * prices.perMillionWriteUnits
  const months = retentionMs / (730 * 3_600_000)
  const storage = (bytes / 1e9) * months * prices.perGigabyteMonth
  const { plan, asOf, source } = list
  return {
    currency: 'USD',
    readUnits,
    writeUnits,
    storage,
    total: readUnits + writeUnits + storage,
    plan,
    asOf,
    source,
  }
}

/**
 * Words on the price. The vendor bills a namespace's own size, whoever is beside it: an index of its own changes what a
 * tenant is granted, and not the price of a unit.
 */
function priceNote(
  { plan, asOf }: PriceList,
  cloud: string,
  region: string,
  prices: Prices | undefined,
  kind: WantedMove['kind'],
): string {
  const list = `the list of ${asOf} (${plan})`
  const words =
    prices === undefined
      ? `No price: ${list} has none for ${cloud}/${region}. PRICE_LIST adds it.`
      : `An estimate by ${list}, without discounts.`
  const granted =
    'Afterwards a unit costs the same. An index of its own has its own 2,000 read units a second, and may have its own key, region, model, backups and dedicated read nodes; it takes one of the indexes that a project may have.'
  return kind === 'promote' ? `${words} ${granted}` : words
}

/** The median of recent cutovers; without any, the measured value of small moves. */
async function expectedPause(db: Db, atMostMs: number): Promise<MovePlan['writePause']> {
  const [row] = await db.execute<{ median: number | null; moves: number }>(sql`
    select percentile_cont(0.5) within group (order by write_pause_ms) as median, count(*)::int as moves
    from (select write_pause_ms from moves where write_pause_ms is not null order by created_at desc limit 50) as lately`)
  // A pause is measured until writes go on, which can be a moment after the last of them was answered.
  const expectedMs = Math.min(Math.round(row?.median ?? 100), atMostMs)
  return { expectedMs, atMostMs, basedOnMoves: row?.moves ?? 0 }
}

/** The rates of the step that uses an index most. */
function ratesOf(steps: readonly PlannedStep[], source: string, target: string): MovePlan['rates'] {
  return (['source', 'target'] as const).flatMap((side) =>
    (['fetch', 'list'] as const).map((call) => {
      const perSecond = Math.max(...steps.map((one) => callsPerSecond(one, side, call)))
      const limitPerSecond = vendorRates[call]
      return {
        index: side === 'source' ? source : target,
        call,
        perSecond: round(perSecond),
        limitPerSecond,
        share: round(perSecond / limitPerSecond),
      }
    }),
  )
}

/** Calls a second, never above the pace, however short the step. */
function callsPerSecond(step: PlannedStep, side: 'source' | 'target', call: 'fetch' | 'list'): number {
  const { maxPerSecond } = call === 'fetch' ? paceSettings : listSettings
  return Math.min(step[side][call] / Math.max(step.seconds, 1), maxPerSecond)
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0)
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
