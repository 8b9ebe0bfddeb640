import { type Clock, systemClock } from '../clock.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { AdmittedRequest } from './admitted-request.ts'
import { ConcurrencyGate, type ConcurrencyLimits } from './concurrency-gate.ts'
import { refillEveryMs } from './permit-bank.ts'
import type { PermitSource } from './permit-source.ts'
import { type QuotaDecision, QuotaGate } from './quota-gate.ts'
import type { Meter, TierLimits } from './quotas.ts'
import type { LimitedTenant } from './tenant-limits.ts'
import type { TenantQuota } from './tenant-quota.ts'
import { TenantState } from './tenant-state.ts'

export interface TenantGateOptions extends ConcurrencyLimits {
  readonly source: PermitSource
  /** Limits by tier, for tenants without their own. */
  readonly byTier: TierLimits
  /**
   * The tenant from its route. Throws for one that cannot be served, before anything else of its requests is processed:
   * what is not counted must cost nothing.
   */
  readonly find: (tenantId: TenantId) => LimitedTenant | Promise<LimitedTenant>
  readonly clock?: Clock
  readonly onError?: (error: unknown) => void
  readonly onUsed?: (tenantId: TenantId, meter: Exclude<Meter, 'requests'>, count: number) => void
}

/** A state unused for this long is dropped. */
const idleMs = 60_000
/** States visited per turn, so that many tenants do not block the event loop. */
const settledAtOnce = 1_000

/**
 * The limits of one replica's tenants: a quota gate for amounts, a concurrency gate for running requests. Every call
 * takes a `TenantId`, which cannot be made from a bare string, so usage is never counted for another tenant.
 */
export class TenantGate implements AsyncDisposable {
  readonly #options: TenantGateOptions
  readonly #clock: Clock
  readonly #quota: QuotaGate
  readonly #gates: ConstructorParameters<typeof AdmittedRequest>[2]
  readonly #states = new Map<TenantId, TenantState>()
  readonly #timer: ReturnType<Clock['every']>
  #settling: Promise<void> = Promise.resolve()
  /** The position in the states from which the next visit continues. */
  #cursor: MapIterator<[TenantId, TenantState]>

  constructor(options: TenantGateOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#quota = new QuotaGate(options.source, this.#clock)
    this.#gates = { quota: this.#quota, concurrency: new ConcurrencyGate(options), clock: this.#clock }
    this.#cursor = this.#states.entries()
    this.#timer = this.#clock.every(refillEveryMs, () => {
      this.#settling = this.reportAndRefill().catch((error: unknown) => this.#options.onError?.(error))
    })
  }

  /**
   * Counts one request; it takes its slots later, by `enter`. Returns without waiting when it can.
   * @param writes whether it changes something.
   * @throws AppError those of `find`, when the tenant can't be served.
   */
  admit(tenantId: TenantId, writes = false): AdmittedRequest | Promise<AdmittedRequest> {
    const tenant = this.#options.find(tenantId)
    if (tenant instanceof Promise) return tenant.then((found) => this.#count(tenantId, found, writes))
    return this.#count(tenantId, tenant, writes)
  }

  /**
   * Reserves about as many tokens as a call will use, if that many are left.
   * @param estimate one above a whole limit is admitted as long as anything is left.
   * @returns a function to call once with the real count.
   * @throws AppError `quota_exceeded`, `registry_unavailable`, and those of `find`
   */
  async reserve(
    tenantId: TenantId,
    meter: Exclude<Meter, 'requests'>,
    estimate: number,
  ): Promise<(used: number) => void> {
    const tenant = await this.#options.find(tenantId)
    const quotas = this.#state(tenantId, tenant).quotasOf(meter)
    await this.#quota.takeTokens(quotas, estimate)
    return (used) => {
      for (const quota of quotas) quota.use(used - estimate)
      if (used > 0) this.#options.onUsed?.(tenantId, meter, used)
    }
  }

  /** Reports unreported usage and gives surplus back now; a timer does so continuously. */
  async reportAndRefill(): Promise<void> {
    const nowMs = this.#clock.epochMs()
    const quotas: TenantQuota[] = []
    for (let seen = 0; seen < settledAtOnce; seen += 1) {
      const next = this.#cursor.next()
      if (next.done === true) {
        this.#cursor = this.#states.entries()
        break
      }
      const [tenantId, state] = next.value
      if (nowMs - state.seenAtMs > idleMs && state.isIdle) this.#states.delete(tenantId)
      else quotas.push(...state.quotas)
    }
    await this.#quota.reportAndRefill(quotas)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.stop()
    await this.#settling
  }

  #count(tenantId: TenantId, tenant: LimitedTenant, writes: boolean): AdmittedRequest | Promise<AdmittedRequest> {
    const state = this.#state(tenantId, tenant)
    const decided = this.#quota.countRequest(state)
    const admitted = ({ refused }: QuotaDecision) => new AdmittedRequest(state, writes, this.#gates, refused)
    return decided instanceof Promise ? decided.then(admitted) : admitted(decided)
  }

  #state(tenantId: TenantId, tenant: LimitedTenant): TenantState {
    let state = this.#states.get(tenantId)
    if (state === undefined) {
      state = new TenantState(tenantId)
      this.#states.set(tenantId, state)
    }
    const { byTier, writes } = this.#options
    state.applyLimits(tenant, byTier, writes.ofTenant, this.#clock.epochMs())
    return state
  }
}
