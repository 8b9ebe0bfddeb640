import type { TenantId } from '../placement/tenant-id.ts'
import type { PermitGrant, PermitRequest } from '../registry/permits/take-permits.ts'
import * as quotaWindow from './quota-window.ts'
import type { Quota } from './quotas.ts'
import { aheadOf, refillPlan } from './refill-plan.ts'
import { UsageRate } from './usage-rate.ts'

const clamp = (value: number, from: number, to: number) => Math.min(to, Math.max(from, value))

/**
 * One quota of one tenant in one replica. PermitGrants are used here without asking; `PermitBank` fetches more, as many as
 * the recent rate uses within a horizon, and gives back those that are not needed.
 */
export class TenantQuota {
  readonly tenantId: TenantId
  readonly policy: Quota
  readonly #windowMs: number
  readonly #horizonMs: number
  readonly #lazyMs: number
  readonly #rate: UsageRate
  #window: quotaWindow.QuotaWindow

  constructor(tenantId: TenantId, policy: Quota, limit: number) {
    this.tenantId = tenantId
    this.policy = policy
    this.#windowMs = policy.windowS * 1000
    this.#horizonMs = clamp(this.#windowMs / 10, 100, 1000)
    this.#lazyMs = policy.windowS === 1 ? Number.POSITIVE_INFINITY : clamp(this.#windowMs / 20, 1000, 10_000)
    this.#rate = new UsageRate(this.#horizonMs)
    this.#window = quotaWindow.newQuotaWindow(limit)
  }

  get limit(): number {
    return this.#window.limit
  }

  set limit(given: number) {
    this.#window = quotaWindow.limited(this.#window, given)
  }

  /** Whether `count` may be used now. A window of one second needs no exchange before its first use. */
  has(count: number, nowMs: number, replicas: number): boolean {
    const window = this.#now(nowMs)
    return quotaWindow.mayUse(window, count, this.#credit(window, replicas))
  }

  /** Counts a use, whether or not it was granted. */
  use(count: number): void {
    this.#window = quotaWindow.use(this.#window, count)
    this.#rate.note(count)
  }

  /** Whether nothing was left at a recent exchange: only another replica can give permits back. */
  isExhausted(nowMs: number): boolean {
    return nowMs < this.#now(nowMs).exhaustedUntilMs
  }

  /** PermitGrants left, as far as this replica knows. */
  available(nowMs: number): number {
    return quotaWindow.available(this.#now(nowMs))
  }

  /** Milliseconds until the window ends. */
  msLeft(nowMs: number): number {
    return this.#windowMs - (nowMs % this.#windowMs)
  }

  /** Requests permits and reports usage on credit. @param need of the requests that wait. */
  ask(need: number, nowMs: number, replicas: number): PermitRequest {
    const window = this.#now(nowMs)
    const missing = Math.max(0, need - window.held)
    const want = missing + aheadOf(this.#rate.soon(nowMs), this.#credit(window, replicas))
    return this.#report({ need: missing, want, used: window.debt }, nowMs)
  }

  /** Reports and refills where no request waits; see `refillPlan`. */
  refill(nowMs: number, replicas: number): PermitRequest | undefined {
    const window = this.#now(nowMs)
    const times = { horizonMs: this.#horizonMs, lazyMs: this.#lazyMs }
    const plan = refillPlan(window, this.#rate.soon(nowMs), this.#credit(window, replicas), nowMs, times)
    if (plan.kind === 'nothing') return undefined
    if (plan.kind === 'ask') return this.#report({ need: 0, want: plan.want, used: window.debt }, nowMs)
    return this.#report({ need: 0, want: 0, used: -plan.surplus }, nowMs)
  }

  granted(ask: PermitRequest, grant: PermitGrant, nowMs: number): void {
    const window = this.#now(nowMs)
    if (ask.windowNo !== window.no) return
    const retryMs = clamp(this.#windowMs / 20, 50, 1000)
    this.#window = quotaWindow.granted(window, { ...grant, need: ask.need }, nowMs, retryMs)
  }

  /** Restores a report that the source did not receive. */
  lost(ask: PermitRequest): void {
    if (ask.windowNo === this.#window.no) this.#window = quotaWindow.lost(this.#window, ask.used)
  }

  #report(parts: Pick<PermitRequest, 'need' | 'want' | 'used'>, nowMs: number): PermitRequest {
    const { tenantId, policy } = this
    const { no: windowNo, limit } = this.#window
    this.#window = quotaWindow.reported(this.#window, parts.used, nowMs)
    return { ...parts, tenantId, policy: policy.name, windowNo, windowS: policy.windowS, limit }
  }

  #credit(window: quotaWindow.QuotaWindow, replicas: number): number {
    return quotaWindow.creditOf(window, replicas, this.#windowMs)
  }

  #now(nowMs: number): quotaWindow.QuotaWindow {
    this.#window = quotaWindow.roll(this.#window, nowMs, this.#windowMs)
    return this.#window
  }
}
