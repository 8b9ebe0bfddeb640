import type { Config } from '../config/config.ts'
import type { PriceList } from '../moves/plan/price-list.ts'

/** Settings that routes for staff show and count with. */
export function staffFactsOf(config: Config): {
  readonly approvals: Config['http']['approvals']
  readonly tierLimits: Config['limits']['byTier']
  readonly priceList: PriceList
  /** Dollars per million tokens, by the embedding model's name. */
  readonly tokenPrices: ReadonlyMap<string, number>
} {
  const priced = config.embeddingModels.flatMap(({ name, price }) =>
    price === undefined ? [] : [[name, price] as const],
  )
  return {
    approvals: config.http.approvals,
    tierLimits: config.limits.byTier,
    priceList: config.priceList,
    tokenPrices: new Map(priced),
  }
}
