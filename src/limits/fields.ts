import { type Item, serializeList } from 'structured-headers'
import { concurrencyPolicy, type LimitValues, quotas } from './quotas.ts'

/** The rest of one quota: `RateLimit` of draft-ietf-httpapi-ratelimit-headers-11, section 4. */
export interface LeftOver {
  readonly policy: string
  readonly available: number
  /** Seconds until the window ends; absent where there is no window. */
  readonly resetS?: number
}

/** The largest integer of a structured field (RFC 9651). */
const integerMax = 999_999_999_999_999

/**
 * `RateLimit-Policy`. Token units have names of ours, since the draft's registry has none. There is no `pk`: everything
 * is counted for the token's tenant, and both fields are on every answer.
 */
export function policyField(limits: LimitValues): string {
  const items: Item[] = quotas
    .filter(({ limit }) => Number.isFinite(limits[limit]))
    .map(({ name, limit, meter, windowS }) => {
      const unit: [string, string][] = meter === 'requests' ? [] : [['qu', 'tokens']]
      return [name, new Map<string, Bare>([['q', integer(limits[limit])], ...unit, ['w', windowS]])]
    })
  if (Number.isFinite(limits.concurrentRequests)) {
    const q = integer(limits.concurrentRequests)
    items.push([
      concurrencyPolicy,
      new Map<string, Bare>([
        ['q', q],
        ['qu', 'concurrent-requests'],
      ]),
    ])
  }
  return serializeList(items)
}

/** `RateLimit`. */
export function limitField(leftOver: readonly LeftOver[]): string {
  return serializeList(
    leftOver.map(({ policy, available, resetS }): Item => {
      const reset: [string, number][] = resetS === undefined ? [] : [['t', resetS]]
      return [policy, new Map<string, Bare>([['r', integer(available)], ...reset])]
    }),
  )
}

type Bare = string | number

function integer(value: number): number {
  return Math.min(integerMax, Math.max(0, Math.floor(value)))
}
