import type { Config } from '../config/config.ts'
import type { PriceList } from '../moves/plan/price-list.ts'

/** Settings that routes for staff show and count with. */
export function staffFactsOf(config: Config): {
  readonly tierLimits: Config['limits']['byTier']
  readonly priceList: PriceList
} {
  return { tierLimits: config.limits.byTier, priceList: config.priceList }
}
