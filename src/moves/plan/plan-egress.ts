import type { PlannedStep } from './plan-ledger.ts'
import type { PriceList, Prices } from './price-list.ts'

/** Bytes that a move takes out of its two places and puts into the new one, and what the vendor asks for it. */
export interface PlannedEgress {
  /** Out of the old place, to copy and to compare. */
  readonly fromSource: number
  /** Out of the new place, to compare. */
  readonly fromTarget: number
  /** Into the new place. */
  readonly toTarget: number
  /** US dollars for what leaves each place; null: the list has no price of it. */
  readonly perGigabyte: { readonly source: number | null; readonly target: number | null }
  /** In US dollars, for all that leaves; null: a price of it is not known. */
  readonly price: number | null
  readonly note: string
}

/** Where the move goes from and to, each with its prices. */
interface PricedRegions {
  readonly here: { readonly region: string; readonly prices: Prices | undefined }
  readonly there: { readonly region: string; readonly prices: Prices | undefined }
}

export function egressOf(
  steps: readonly PlannedStep[],
  { here, there }: PricedRegions,
  { asOf, plan }: Pick<PriceList, 'asOf' | 'plan'>,
): PlannedEgress {
  const sum = (of: keyof PlannedStep['bytes']) => steps.reduce((total, { bytes }) => total + bytes[of], 0)
  const [fromSource, fromTarget] = [sum('fromSource'), sum('fromTarget')]
  const [source, target] = [here.prices?.perGigabyteEgress ?? null, there.prices?.perGigabyteEgress ?? null]
  const price = source === null || target === null ? null : (fromSource * source + fromTarget * target) / 1e9
  const list = `the list of ${asOf} (${plan})`
  const unpriced = new Set([...(source === null ? [here.region] : []), ...(target === null ? [there.region] : [])])
  const note =
    price === null
      ? `No price is known: ${list} has none of egress for ${[...unpriced].join(' and ')}. PRICE_LIST adds it (perGigabyteEgress).`
      : `By ${list}, beyond what the vendor’s plan includes. What is written costs write units, and no egress.`
  return { fromSource, fromTarget, toTarget: sum('toTarget'), perGigabyte: { source, target }, price, note }
}
