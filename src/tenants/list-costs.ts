import { type Page, pageOf, readCursor } from '../cursor.ts'
import { answerPriceOf, type PriceList, pricesOf } from '../moves/plan/price-list.ts'
import { readTenantId, type TenantId } from '../placement/tenant-id.ts'
import { listMonthUse, type MonthUse } from '../registry/usage/month-use.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

export interface CostDeps extends Pick<TenantWork, 'db'> {
  readonly priceList: PriceList
  /** Dollars per million tokens, by the embedding model's name. */
  readonly tokenPrices: ReadonlyMap<string, number>
  /** The model that writes answers now; undefined: none does. */
  readonly answerModel: string | undefined
}

/** An estimate of what a tenant costs in a month, in US dollars. */
export interface CostView extends MonthUse {
  readonly cost: {
    readonly reads: number
    readonly writes: number
    readonly storage: number
    /** Null: the list has no price for it. */
    readonly egress: number | null
    readonly embedding: number | null
    readonly answers: number | null
    readonly total: number
  } | null
  /** Words on what the estimate lacks; empty: nothing. */
  readonly notes: readonly string[]
}

export interface CostPage extends Page<CostView> {
  readonly month: string
  readonly currency: 'USD'
  readonly prices: Pick<PriceList, 'asOf' | 'plan' | 'source'>
  readonly estimate: string
}

const estimate =
  'An estimate by list prices, month to date, without discounts, minimums and taxes. Replicas report once a minute, and a killed one loses its unreported counts: this is no invoice.'

/**
 * Costs of tenants in a month, by tenant id, a page at a time.
 * @param month as in `2026-11`; default: the present one, in UTC.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listCosts(
  { db, ...facts }: CostDeps,
  input: {
    readonly month?: string | undefined
    readonly tenantId?: TenantId | undefined
    readonly limit: number
    readonly cursor?: string | undefined
  },
): Promise<CostPage> {
  const { month = new Date().toISOString().slice(0, 7), tenantId, limit, cursor } = input
  const after = readCursor('costs', cursor, readTenantId)
  const rows = await listMonthUse(db, { month, tenantId, after, limit: limit + 1 })
  const page = pageOf('costs', rows, limit, (row) => row.tenantId)
  const { asOf, plan, source } = facts.priceList
  return {
    ...page,
    items: page.items.map((use) => costOf(use, facts)),
    month,
    currency: 'USD',
    prices: { asOf, plan, source },
    estimate,
  }
}

/** Prices a month's use. */
function costOf(use: MonthUse, facts: Omit<CostDeps, 'db'>): CostView {
  const { priceList: list, tokenPrices } = facts
  const { cloud, region, model } = use
  if (cloud === null || region === null) return { ...use, cost: null, notes: ['The tenant has no place any more.'] }
  const prices = pricesOf(list, cloud, region)
  if (prices === undefined) {
    return { ...use, cost: null, notes: [`The price list has no price for ${cloud}/${region}. PRICE_LIST adds it.`] }
  }
  const notes: string[] = []
  const reads = (use.readUnits / 1e6) * prices.perMillionReadUnits
  const writes = (use.writeUnits / 1e6) * prices.perMillionWriteUnits
  const storage = ((use.storedBytes ?? 0) / 1e9) * Math.max(0, use.monthShare) * prices.perGigabyteMonth
  if (use.storedBytes === null) notes.push('Its records were not counted yet.')
  const { perGigabyteEgress } = prices
  const egress = perGigabyteEgress === undefined ? null : (use.egressBytes / 1e9) * perGigabyteEgress
  if (egress === null) notes.push('Egress is counted and not priced: plans include some of it.')
  const perToken = model === null ? undefined : tokenPrices.get(model)
  const embedding = perToken === undefined ? null : (use.embeddingTokens / 1e6) * perToken
  if (embedding === null && use.embeddingTokens > 0) notes.push('Its embedding model has no price in EMBEDDING_MODELS.')
  const answers = answerCost(use, facts)
  if (answers === null) notes.push(`Its answers’ model${modelWords(facts)} has no price. PRICE_LIST adds it.`)
  return {
    ...use,
    cost: {
      reads,
      writes,
      storage,
      egress,
      embedding,
      answers,
      total: reads + writes + storage + (egress ?? 0) + (embedding ?? 0) + (answers ?? 0),
    },
    notes,
  }
}

/** Tokens of answers at the price of the model that writes them now; null: it has none. */
function answerCost(
  { answerTokens, answerOutputTokens }: MonthUse,
  { priceList, answerModel }: Omit<CostDeps, 'db'>,
): number | null {
  if (answerTokens === 0) return 0
  const price = answerModel === undefined ? undefined : answerPriceOf(priceList, answerModel)
  if (price === undefined) return null
  const read = Math.max(0, answerTokens - answerOutputTokens)
  return (read / 1e6) * price.perMillionInput + (answerOutputTokens / 1e6) * price.perMillionOutput
}

function modelWords({ answerModel }: Omit<CostDeps, 'db'>): string {
  return answerModel === undefined ? '' : ` (${answerModel})`
}
