import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { PermitBank } from './permit-bank.ts'
import type { PermitSource } from './permit-source.ts'
import type { TenantQuota } from './tenant-quota.ts'
import type { TenantState } from './tenant-state.ts'

/** The result of counting a request; `refused` says why it was not counted. */
export type QuotaDecision = { readonly refused: AppError | undefined }

const granted: QuotaDecision = { refused: undefined }
/** Exchanges that one request waits for, at most; another request may take the permits each time. */
const triesMax = 4

/** Counts requests and tokens against their tenant's quotas. */
export class QuotaGate {
  readonly #clock: Pick<Clock, 'epochMs'>
  readonly #bank: PermitBank

  constructor(source: PermitSource, clock: Clock) {
    this.#clock = clock
    this.#bank = new PermitBank(source, clock)
  }

  /** Counts one request. Returns without waiting when this replica holds enough permits. */
  countRequest(state: TenantState): QuotaDecision | Promise<QuotaDecision> {
    const nowMs = this.#clock.epochMs()
    const { replicas } = this.#bank
    for (const quota of state.requests) if (!quota.has(1, nowMs, replicas)) return this.#countSlowly(state)
    for (const quota of state.requests) quota.use(1)
    return granted
  }

  /** Returns a counted request that was not served. */
  giveBack(state: TenantState): void {
    for (const quota of state.requests) quota.use(-1)
  }

  /** Takes `estimate` of each quota. @throws AppError `quota_exceeded` */
  async takeTokens(quotas: readonly TenantQuota[], estimate: number): Promise<void> {
    const over = await this.#missing(quotas, (quota) => Math.max(1, Math.min(estimate, quota.limit)))
    if (over.length > 0) throw this.#exceeded(over, 'The tenant has used up its tokens for now; try again later.')
    for (const quota of quotas) quota.use(estimate)
  }

  reportAndRefill(quotas: Iterable<TenantQuota>): Promise<void> {
    return this.#bank.reportAndRefill(quotas)
  }

  async #countSlowly(state: TenantState): Promise<QuotaDecision> {
    const over = await this.#missing(state.requests, () => 1)
    if (over.length > 0) {
      return { refused: this.#exceeded(over, 'The tenant has used up its requests for now; try again later.') }
    }
    for (const quota of state.requests) quota.use(1)
    return granted
  }

  /** The quotas that still lack permits after they were requested. */
  async #missing(
    quotas: readonly TenantQuota[],
    wanted: (quota: TenantQuota) => number,
  ): Promise<readonly TenantQuota[]> {
    for (let tries = 0; ; tries += 1) {
      const nowMs = this.#clock.epochMs()
      const missing = quotas.filter((quota) => !quota.has(wanted(quota), nowMs, this.#bank.replicas))
      const exhausted = missing.filter((quota) => quota.isExhausted(nowMs))
      if (missing.length === 0 || exhausted.length > 0 || tries === triesMax)
        return exhausted.length > 0 ? exhausted : missing
      await Promise.all(missing.map((quota) => this.#bank.fetch(quota, wanted(quota))))
    }
  }

  #exceeded(over: readonly TenantQuota[], words: string): AppError {
    const nowMs = this.#clock.epochMs()
    const waitMs = Math.max(...over.map((quota) => quota.msLeft(nowMs)))
    const policies = over.map(({ policy }) => policy.name)
    return new AppError('quota_exceeded', words, { policies, retryAfterS: waitMs / 1000 })
  }
}
