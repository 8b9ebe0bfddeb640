import type { TenantId } from '../placement/tenant-id.ts'
import type { PermitAsk, PermitGrant } from './permit-source.ts'
import type { Policy } from './policies.ts'

/** All replicas together may use 1/100 of a limit on credit; that keeps the limits within 1 %. */
const creditShare = 100

const clamp = (value: number, from: number, to: number) => Math.min(to, Math.max(from, value))

/**
 * One replica's permits for one quota of one tenant in the present window. Requests use them without an exchange;
 * `PermitBank` fetches more, as many as the recent rate soon needs, and gives surplus back.
 */
export class Window {
  readonly tenantId: TenantId
  readonly policy: Policy
  readonly #windowMs: number
  /** Permits for this much time at the recent rate are fetched; also the shortest interval of background exchanges. */
  readonly #horizonMs: number
  /** Small unreported usage is reported at most this late. */
  readonly #lazyMs: number
  #limit: number
  #windowNo = -1
  /** Permits held; below 0, the usage on credit. */
  #held = 0
  /** Permits that the window had left for all replicas after the last exchange. */
  #left = 0
  /** Whether `left` comes from the source and is not assumed. */
  #known = false
  #dryUntilMs = 0
  #spent = 0
  #perMs = 0
  #ratedAtMs = 0
  #toldAtMs = 0

  constructor(tenantId: TenantId, policy: Policy, limit: number) {
    this.tenantId = tenantId
    this.policy = policy
    this.#limit = Math.floor(limit)
    this.#windowMs = policy.windowS * 1000
    this.#horizonMs = clamp(this.#windowMs / 10, 100, 1000)
    this.#lazyMs = policy.windowS === 1 ? Number.POSITIVE_INFINITY : clamp(this.#windowMs / 20, 1000, 10_000)
  }

  get limit(): number {
    return this.#limit
  }

  set limit(given: number) {
    const limit = Math.floor(given)
    if (limit === this.#limit) return
    this.#left = Math.max(0, this.#left + limit - this.#limit)
    this.#limit = limit
    this.#dryUntilMs = 0
  }

  /** Whether `count` may be used now. A short window's first permits are available on credit, without a wait. */
  has(count: number, nowMs: number, replicas: number): boolean {
    this.#roll(nowMs)
    return this.#held >= count || this.#held + this.#credit(replicas) >= count
  }

  /** Counts usage, whether or not permits cover it. */
  spend(count: number): void {
    this.#held -= count
    this.#spent += count
  }

  /** Whether nothing was left at a recent exchange: only another replica can give permits back. */
  isDry(nowMs: number): boolean {
    this.#roll(nowMs)
    return nowMs < this.#dryUntilMs
  }

  /** Permits left, as far as this replica knows. */
  available(nowMs: number): number {
    this.#roll(nowMs)
    return Math.max(0, this.#left + this.#held)
  }

  /** Milliseconds until the window ends. */
  msLeft(nowMs: number): number {
    return this.#windowMs - (nowMs % this.#windowMs)
  }

  /** @param need for requests that wait. */
  ask(need: number, nowMs: number, replicas: number): PermitAsk {
    this.#roll(nowMs)
    this.#toldAtMs = nowMs
    const { tenantId, policy } = this
    const used = Math.max(0, -this.#held)
    const missing = Math.max(0, need - Math.max(0, this.#held))
    const want = missing + this.#ahead(nowMs, replicas)
    return this.#asking({ tenantId, policy: policy.name, need: missing, want, used })
  }

  /** The background exchange: it reports usage on credit, fetches what is soon needed, or returns surplus. */
  settle(nowMs: number, replicas: number): PermitAsk | undefined {
    this.#roll(nowMs)
    const quietMs = nowMs - this.#toldAtMs
    if (quietMs < this.#horizonMs) return undefined
    if (this.#held < 0) {
      // A little of a wide limit can wait: a tenant that is far from its limits costs no statement a moment.
      const little = -this.#held <= this.#credit(replicas) / 2
      return little && quietMs < this.#lazyMs ? undefined : this.ask(0, nowMs, replicas)
    }
    const soon = this.#soon(nowMs)
    if (this.#held > 2 * soon) return this.#giveBack(this.#held - soon, nowMs)
    if (this.#held >= this.#ahead(nowMs, replicas) / 2 || this.#left === 0) return undefined
    const ask = this.ask(0, nowMs, replicas)
    return ask.want === 0 ? undefined : ask
  }

  answered(ask: PermitAsk, grant: PermitGrant, nowMs: number): void {
    this.#roll(nowMs)
    if (ask.windowNo !== this.#windowNo) return
    this.#held += grant.given
    this.#left = grant.left
    this.#known = true
    const retryMs = clamp(this.#windowMs / 20, 50, 1000)
    this.#dryUntilMs = grant.left === 0 && grant.given < ask.need ? nowMs + retryMs : 0
  }

  /** Restores usage that an exchange failed to report. */
  failed(ask: PermitAsk): void {
    if (ask.windowNo === this.#windowNo) this.#held -= ask.used
  }

  /** @param counted removes the reported usage from the debt, so that nobody reports it twice. */
  #asking(parts: Pick<PermitAsk, 'tenantId' | 'policy' | 'need' | 'want' | 'used'>, counted = true): PermitAsk {
    if (counted) this.#held += parts.used
    return { ...parts, windowNo: this.#windowNo, windowS: this.policy.windowS, limit: this.#limit }
  }

  /** Permits that the recent rate uses within a horizon. */
  #soon(nowMs: number): number {
    return Math.ceil(this.#rate(nowMs) * this.#horizonMs)
  }

  /** Permits to hold in advance: none where the credit covers them. */
  #ahead(nowMs: number, replicas: number): number {
    const soon = this.#soon(nowMs)
    return soon <= this.#credit(replicas) / 2 ? 0 : soon
  }

  #giveBack(surplus: number, nowMs: number): PermitAsk {
    this.#toldAtMs = nowMs
    this.#held -= surplus
    const parts = { tenantId: this.tenantId, policy: this.policy.name, need: 0, want: 0, used: -surplus }
    return this.#asking(parts, false)
  }

  /** The debt that `held` may reach. A long window must first learn what is left. */
  #credit(replicas: number): number {
    if (!this.#known && this.policy.windowS > 1) return 0
    return Math.min(this.#left, Math.floor(this.#limit / creditShare / replicas))
  }

  #roll(nowMs: number): void {
    const windowNo = Math.floor(nowMs / this.#windowMs)
    if (windowNo === this.#windowNo) return
    this.#windowNo = windowNo
    this.#held = 0
    this.#left = this.#limit
    this.#known = false
    this.#dryUntilMs = 0
    this.#toldAtMs = nowMs
  }

  /** Permits used per millisecond, smoothed over about a horizon. */
  #rate(nowMs: number): number {
    const passedMs = nowMs - this.#ratedAtMs
    if (passedMs < 20) return this.#perMs
    const weight = Math.min(1, passedMs / this.#horizonMs)
    this.#perMs = this.#perMs * (1 - weight) + (this.#spent / passedMs) * weight
    if (this.#perMs < 1e-5) this.#perMs = 0
    this.#spent = 0
    this.#ratedAtMs = nowMs
    return this.#perMs
  }
}
