import { type Line, newLine } from '../concurrency/fair-slots.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { type LeftOver, limitField, policyField } from './fields.ts'
import { type Meter, type Quota, quotas, type TierLimits } from './quotas.ts'
import { hasExpired, type LimitedTenant, limitsInForce } from './tenant-limits.ts'
import { TenantQuota } from './tenant-quota.ts'

/** Headers are rebuilt once 1/200 of a limit is used. */
const stalePart = 200
/** Waiting requests for each slot, at most. */
const waitingPerSlot = 8

/** One replica's record of a tenant's usage and limits. */
export class TenantState {
  readonly tenantId: TenantId
  readonly line: Line
  /** The queue of requests that write. */
  readonly writeLine: Line
  readonly quotas: TenantQuota[] = []
  requests: readonly TenantQuota[] = []
  seenAtMs = 0
  #tier: LimitedTenant['tier'] | undefined
  #own: LimitedTenant['limits']
  #goodUntilMs = 0
  #fields: Record<string, string> = {}
  #shown: readonly number[] = []
  #shownAtS = -1

  constructor(tenantId: TenantId) {
    this.tenantId = tenantId
    this.line = newLine(1, 1)
    this.writeLine = newLine(1, 1)
  }

  /** Applies the limits of `tenant` from now on. Earlier usage still counts. */
  applyLimits(tenant: LimitedTenant, byTier: TierLimits, writesMax: number, nowMs: number): void {
    this.seenAtMs = nowMs
    if (tenant.tier === this.#tier && tenant.limits === this.#own && nowMs < this.#goodUntilMs) return
    this.#tier = tenant.tier
    this.#own = tenant.limits
    this.#goodUntilMs = hasExpired(tenant, nowMs)
      ? Number.POSITIVE_INFINITY
      : (tenant.limitsUntilMs ?? Number.POSITIVE_INFINITY)
    const limits = limitsInForce(tenant, byTier, nowMs)
    for (const policy of quotas) this.#set(policy, limits[policy.limit])
    this.requests = this.quotasOf('requests')
    this.line.cap = Math.max(1, limits.concurrentRequests)
    this.line.waitingMax = this.line.cap * waitingPerSlot
    this.writeLine.cap = Math.min(this.line.cap, writesMax)
    this.writeLine.waitingMax = this.line.waitingMax
    this.#fields = { 'ratelimit-policy': policyField(limits), ratelimit: '' }
    this.#shownAtS = -1
  }

  /** Whether no request of the tenant runs or waits. */
  get isIdle(): boolean {
    return [this.line, this.writeLine].every(({ active, waiting }) => active === 0 && waiting.length === 0)
  }

  quotasOf(meter: Meter): readonly TenantQuota[] {
    return this.quotas.filter(({ policy }) => policy.meter === meter)
  }

  /** The header fields; of a wide limit, slightly less may be left than they state. */
  fields(nowMs: number): Readonly<Record<string, string>> {
    const nowS = Math.floor(nowMs / 1000)
    if (nowS !== this.#shownAtS || this.#hasMoved(nowMs)) {
      this.#shownAtS = nowS
      this.#shown = this.quotas.map((quota) => quota.available(nowMs))
      const leftOver = this.quotas.map(
        (quota, at): LeftOver => ({
          policy: quota.policy.name,
          available: this.#shown[at] ?? 0,
          resetS: Math.ceil(quota.msLeft(nowMs) / 1000),
        }),
      )
      this.#fields = { ...this.#fields, ratelimit: limitField(leftOver) }
    }
    return this.#fields
  }

  #hasMoved(nowMs: number): boolean {
    for (let at = 0; at < this.quotas.length; at += 1) {
      const quota = this.quotas[at]
      if (quota === undefined) continue
      const moved = Math.abs(quota.available(nowMs) - (this.#shown[at] ?? 0))
      if (moved > quota.limit / stalePart) return true
    }
    return false
  }

  #set(policy: Quota, limit: number): void {
    const at = this.quotas.findIndex((quota) => quota.policy === policy)
    const quota = this.quotas[at]
    if (!Number.isFinite(limit)) {
      if (at >= 0) this.quotas.splice(at, 1)
    } else if (quota === undefined) {
      this.quotas.push(new TenantQuota(this.tenantId, policy, limit))
    } else {
      quota.limit = limit
    }
  }
}
