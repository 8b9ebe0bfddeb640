import { type Item, serializeList } from 'structured-headers'
import type { TenantId } from '../placement/tenant-id.ts'
import { concurrencyPolicy, type Limits, policies } from './policies.ts'

/** What one policy has left: `RateLimit` of draft-ietf-httpapi-ratelimit-headers-11, section 4. */
export interface LeftOver {
  readonly policy: string
  readonly available: number
  /** Seconds until the window ends; absent where there is no window. */
  readonly resetS?: number
}

/** The largest integer of a structured field. */
const integerMax = 999_999_999_999_999

/**
 * `RateLimit-Policy`. Units other than requests have names of ours: the draft's registry knows no tokens.
 * `pk` is the tenant's id, which is in the caller's own token.
 */
export function policyField(tenantId: TenantId, limits: Limits): string {
  const pk = partitionKey(tenantId)
  const items: Item[] = policies
    .filter(({ limit }) => Number.isFinite(limits[limit]))
    .map(({ name, limit, meter, windowS }) => {
      const unit: [string, string][] = meter === 'requests' ? [] : [['qu', 'tokens']]
      return [name, new Map<string, Bare>([['q', integer(limits[limit])], ...unit, ['w', windowS], ['pk', pk]])]
    })
  if (Number.isFinite(limits.concurrentRequests)) {
    const q = integer(limits.concurrentRequests)
    items.push([
      concurrencyPolicy,
      new Map<string, Bare>([
        ['q', q],
        ['qu', 'concurrent-requests'],
        ['pk', pk],
      ]),
    ])
  }
  return serializeList(items)
}

/** `RateLimit`. */
export function limitField(tenantId: TenantId, leftOver: readonly LeftOver[]): string {
  const pk = partitionKey(tenantId)
  return serializeList(
    leftOver.map(({ policy, available, resetS }): Item => {
      const reset: [string, number][] = resetS === undefined ? [] : [['t', resetS]]
      return [policy, new Map<string, Bare>([['r', integer(available)], ...reset, ['pk', pk]])]
    }),
  )
}

type Bare = string | number | ArrayBuffer

function integer(value: number): number {
  return Math.min(integerMax, Math.max(0, Math.floor(value)))
}

function partitionKey(tenantId: TenantId): ArrayBuffer {
  return new TextEncoder().encode(tenantId).buffer
}
