import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { PermitBank } from './permit-bank.ts'
import type { PermitSource } from './permit-source.ts'
import type { TenantState } from './tenant-state.ts'
import type { Window } from './window.ts'

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
    for (const window of state.requests) if (!window.has(1, nowMs, replicas)) return this.#countSlowly(state)
    for (const window of state.requests) window.spend(1)
    return granted
  }

  /** Returns a counted request that was not served. */
  giveBack(state: TenantState): void {
    for (const window of state.requests) window.spend(-1)
  }

  /** Takes `estimate` of each window. @throws AppError `quota_exceeded` */
  async takeTokens(windows: readonly Window[], estimate: number): Promise<void> {
    const over = await this.#missing(windows, (window) => Math.max(1, Math.min(estimate, window.limit)))
    if (over.length > 0) throw this.#exceeded(over, 'The tenant has used up its tokens for now; try again later.')
    for (const window of windows) window.spend(estimate)
  }

  settle(windows: Iterable<Window>): Promise<void> {
    return this.#bank.settle(windows)
  }

  async #countSlowly(state: TenantState): Promise<QuotaDecision> {
    const over = await this.#missing(state.requests, () => 1)
    if (over.length > 0) {
      return { refused: this.#exceeded(over, 'The tenant has used up its requests for now; try again later.') }
    }
    for (const window of state.requests) window.spend(1)
    return granted
  }

  /** The windows that still lack permits after they were requested. */
  async #missing(windows: readonly Window[], wanted: (window: Window) => number): Promise<readonly Window[]> {
    for (let tries = 0; ; tries += 1) {
      const nowMs = this.#clock.epochMs()
      const missing = windows.filter((window) => !window.has(wanted(window), nowMs, this.#bank.replicas))
      const dry = missing.filter((window) => window.isDry(nowMs))
      if (missing.length === 0 || dry.length > 0 || tries === triesMax) return dry.length > 0 ? dry : missing
      await Promise.all(missing.map((window) => this.#bank.fetch(window, wanted(window))))
    }
  }

  #exceeded(over: readonly Window[], words: string): AppError {
    const nowMs = this.#clock.epochMs()
    const waitMs = Math.max(...over.map((window) => window.msLeft(nowMs)))
    const policies = over.map(({ policy }) => policy.name)
    return new AppError('quota_exceeded', words, { policies, retryAfterS: waitMs / 1000 })
  }
}
