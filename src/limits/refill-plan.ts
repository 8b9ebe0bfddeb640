import type { QuotaWindow } from './quota-window.ts'

export type RefillPlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'ask'; readonly want: number }
  | { readonly kind: 'giveBack'; readonly surplus: number }

export interface RefillTimes {
  /** The permits of the recent rate are fetched this far ahead; two reports are at least this far apart. */
  readonly horizonMs: number
  /** Small unreported usage is reported at most this late. */
  readonly lazyMs: number
}

const nothing: RefillPlan = { kind: 'nothing' }

/**
 * Decides what a replica does about a quota that no request waits for. `soon` is what the recent rate uses within a
 * horizon; `ahead` is `soon`, or 0 where half the credit covers it.
 *
 * | last report | debt | held | plan |
 * |---|---|---|---|
 * | within a horizon | any | any | nothing |
 * | earlier, within `lazyMs` | up to half the credit | 0 | nothing |
 * | earlier | more, or older | 0 | ask for `ahead` |
 * | earlier | 0 | above 2 × `soon` | give back all but `soon` |
 * | earlier | 0 | from `ahead` / 2 | nothing |
 * | earlier | 0 | less, nothing left for anyone | nothing |
 * | earlier | 0 | less | ask for `ahead`, unless that is 0 |
 */
export function refillPlan(
  window: QuotaWindow,
  soon: number,
  credit: number,
  nowMs: number,
  { horizonMs, lazyMs }: RefillTimes,
): RefillPlan {
  const quietMs = nowMs - window.reportedAtMs
  if (quietMs < horizonMs) return nothing
  const ahead = aheadOf(soon, credit)
  if (window.debt > 0) {
    const isSmall = window.debt <= credit / 2
    return isSmall && quietMs < lazyMs ? nothing : { kind: 'ask', want: ahead }
  }
  if (window.held > 2 * soon) return { kind: 'giveBack', surplus: window.held - soon }
  if (window.held >= ahead / 2 || window.left === 0 || ahead === 0) return nothing
  return { kind: 'ask', want: ahead }
}

/** How many permits to hold for the recent rate: none where they may be used before they are reported. */
export function aheadOf(soon: number, credit: number): number {
  return soon <= credit / 2 ? 0 : soon
}
