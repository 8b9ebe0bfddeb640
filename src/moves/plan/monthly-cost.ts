import type { RecentUse } from '../../registry/usage/recent-use.ts'
import type { Prices } from './price-list.ts'

/** A tenant's cost of a month at a place, by its use of late, in US dollars. */
interface MonthlyCost {
  readonly reads: number
  readonly writes: number
  readonly storage: number
  readonly total: number
}

export interface MonthlyCosts {
  readonly currency: 'USD'
  /** Days that the use was counted over. */
  readonly days: number
  /** Null: nothing was counted yet, or the list has no price for the region. */
  readonly before: MonthlyCost | null
  readonly after: MonthlyCost | null
  readonly basis: string
}

const daysOfMonth = 730 / 24

/**
 * A month's cost before a move and after it, if the tenant goes on as it did. Models are no part of it: a move changes
 * nothing about them.
 */
export function monthlyCosts(
  use: RecentUse,
  bytes: number,
  prices: { readonly before: Prices | undefined; readonly after: Prices | undefined },
): MonthlyCosts {
  const { days } = use
  const at = (one: Prices | undefined) => (one === undefined || days === 0 ? null : monthAt(one, use, bytes))
  const counted = days === 1 ? 'of one day' : `of ${days} days`
  const basis =
    days === 0
      ? 'Nothing was counted yet, so a month can’t be estimated.'
      : `An estimate by the reads and writes ${counted} and the bytes stored now, without models, egress, discounts and minimums.`
  return { currency: 'USD', days, before: at(prices.before), after: at(prices.after), basis }
}

function monthAt(prices: Prices, { days, readUnits, writeUnits }: RecentUse, bytes: number): MonthlyCost {
  const month = daysOfMonth / days
  const reads = ((readUnits * month) / 1e6) * prices.perMillionReadUnits
  const writes = ((writeUnits * month) / 1e6) * prices.perMillionWriteUnits
  const storage = (bytes / 1e9) * prices.perGigabyteMonth
  return { reads, writes, storage, total: reads + writes + storage }
}
