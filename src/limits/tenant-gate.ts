import { type Clock, systemClock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { FairSlots } from './fair-slots.ts'
import { PermitBank, settleEveryMs } from './permit-bank.ts'
import type { PermitSource } from './permit-source.ts'
import { concurrencyPolicy, type Meter, type TierLimits } from './policies.ts'
import type { LimitedTenant } from './tenant-limits.ts'
import { TenantState } from './tenant-state.ts'
import { Turn } from './turn.ts'
import type { Window } from './window.ts'

export interface TenantGateOptions {
  readonly source: PermitSource
  /** What a tenant may use when nothing else was said of it. */
  readonly byTier: TierLimits
  /**
   * The tenant as its route says. Throws for one that can't be served: nothing of its requests is looked at then, for
   * what is not counted must cost nothing.
   */
  readonly find: (tenantId: TenantId) => LimitedTenant | Promise<LimitedTenant>
  /** Requests of all tenants that this replica serves at once. */
  readonly slots: number
  /** Writes among them, of all tenants and of one: they share the connections to Postgres. */
  readonly writes: { readonly slots: number; readonly ofTenant: number }
  readonly clock?: Clock
  readonly onError?: (error: unknown) => void
  readonly onUsed?: (tenantId: TenantId, meter: Exclude<Meter, 'requests'>, count: number) => void
}

/** A state that was not asked for so long is forgotten. */
const idleMs = 60_000
/** Exchanges that one request waits for at most; each time others may have been quicker. */
const triesMax = 4
/** States that are looked at in one go: the event loop is not held up by many tenants. */
const settledAtOnce = 1_000

/**
 * The limits of one replica's tenants. Everything that is counted is asked by a `TenantId`, which cannot be made from
 * a bare string: no use of one tenant is counted for another.
 */
export class TenantGate implements AsyncDisposable {
  readonly #options: TenantGateOptions
  readonly #clock: Clock
  readonly #bank: PermitBank
  readonly #slots: FairSlots
  readonly #writes: FairSlots
  readonly #states = new Map<TenantId, TenantState>()
  readonly #timer: ReturnType<Clock['every']>
  #settling: Promise<void> = Promise.resolve()
  /** Where the next look at the states begins. */
  #cursor: MapIterator<[TenantId, TenantState]>

  constructor(options: TenantGateOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#bank = new PermitBank(options.source, this.#clock)
    this.#slots = new FairSlots(options.slots)
    this.#writes = new FairSlots(options.writes.slots)
    this.#cursor = this.#states.entries()
    this.#timer = this.#clock.every(settleEveryMs, () => {
      this.#settling = this.settle().catch((error: unknown) => this.#options.onError?.(error))
    })
  }

  /**
   * One request: it is counted and let in, or the turn says why not. Answers without waiting when it can.
   * @param writes it changes something.
   * @throws AppError those of `find`, when the tenant can't be served.
   */
  admit(tenantId: TenantId, writes = false): Turn | Promise<Turn> {
    const tenant = this.#options.find(tenantId)
    if (tenant instanceof Promise) return this.#admitSlowly(tenantId, writes, tenant)
    const state = this.#state(tenantId, tenant)
    if (!this.#takeOne(state)) return this.#admitSlowly(tenantId, writes, tenant)
    return this.#enter(state, writes)
  }

  /**
   * Before tokens are used: takes about as many, when so many are left.
   * @param estimate more than a whole limit is let in as long as anything is left.
   * @returns to be told once how many were used in the end.
   * @throws AppError `quota_exceeded`, `registry_unavailable`, and those of `find`
   */
  async reserve(
    tenantId: TenantId,
    meter: Exclude<Meter, 'requests'>,
    estimate: number,
  ): Promise<(used: number) => void> {
    const tenant = await this.#options.find(tenantId)
    const windows = this.#state(tenantId, tenant).windowsOf(meter)
    const over = await this.#missing(windows, (window) => Math.max(1, Math.min(estimate, window.limit)))
    if (over.length > 0) throw this.#exceeded(over, 'The tenant has used up its tokens for now; try again later.')
    for (const window of windows) window.spend(estimate)
    return (used) => {
      for (const window of windows) window.spend(used - estimate)
      if (used > 0) this.#options.onUsed?.(tenantId, meter, used)
    }
  }

  /** Tells the source what was used unasked and gives back what is not needed; by itself it does so all the time. */
  async settle(): Promise<void> {
    const nowMs = this.#clock.epochMs()
    const windows: Window[] = []
    for (let seen = 0; seen < settledAtOnce; seen += 1) {
      const next = this.#cursor.next()
      if (next.done === true) {
        this.#cursor = this.#states.entries()
        break
      }
      const [tenantId, state] = next.value
      if (nowMs - state.seenAtMs > idleMs && state.line.active === 0) this.#states.delete(tenantId)
      else windows.push(...state.windows)
    }
    await this.#bank.settle(windows)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.stop()
    await this.#settling
  }

  async #admitSlowly(
    tenantId: TenantId,
    writes: boolean,
    found: LimitedTenant | Promise<LimitedTenant>,
  ): Promise<Turn> {
    const tenant = await found
    const state = this.#state(tenantId, tenant)
    const over = await this.#missing(state.requests, () => 1)
    if (over.length > 0) {
      const words = 'The tenant has used up its requests for now; try again later.'
      return Turn.refused(state, this.#clock, this.#exceeded(over, words))
    }
    for (const window of state.requests) window.spend(1)
    return this.#enter(state, writes)
  }

  #takeOne({ requests }: TenantState): boolean {
    const nowMs = this.#clock.epochMs()
    const { replicas } = this.#bank
    for (const window of requests) if (!window.has(1, nowMs, replicas)) return false
    for (const window of requests) window.spend(1)
    return true
  }

  /** Those windows that have not what is wanted, after they were asked for it. */
  async #missing(windows: readonly Window[], wanted: (window: Window) => number): Promise<readonly Window[]> {
    for (let tries = 0; ; tries += 1) {
      const nowMs = this.#clock.epochMs()
      const missing = windows.filter((window) => !window.has(wanted(window), nowMs, this.#bank.replicas))
      const dry = missing.filter((window) => window.isDry(nowMs))
      if (missing.length === 0 || dry.length > 0 || tries === triesMax) return dry.length > 0 ? dry : missing
      await Promise.all(missing.map((window) => this.#bank.fetch(window, wanted(window))))
    }
  }

  #enter(state: TenantState, writes: boolean): Turn | Promise<Turn> {
    if (writes) return this.#enterToWrite(state)
    const entered = this.#slots.enter(state.line)
    const slots = { all: this.#slots }
    if (entered === true) return Turn.begun(state, this.#clock, slots)
    return entered === undefined ? this.#tooMany(state) : entered.then(() => Turn.begun(state, this.#clock, slots))
  }

  /** First the slot that is rarer: what waits for it holds none of the others. */
  async #enterToWrite(state: TenantState): Promise<Turn> {
    const mayWrite = this.#writes.enter(state.writeLine)
    if (mayWrite === undefined) return this.#tooMany(state)
    await mayWrite
    const entered = this.#slots.enter(state.line)
    if (entered === undefined) {
      this.#writes.leave(state.writeLine)
      return this.#tooMany(state)
    }
    await entered
    return Turn.begun(state, this.#clock, { all: this.#slots, writes: this.#writes })
  }

  #tooMany(state: TenantState): Turn {
    for (const window of state.requests) window.spend(-1)
    const words = 'Too many requests of the tenant are under way; wait for some of them.'
    const fault = new AppError('quota_exceeded', words, { policies: [concurrencyPolicy], retryAfterS: 1 })
    return Turn.refused(state, this.#clock, fault)
  }

  #state(tenantId: TenantId, tenant: LimitedTenant): TenantState {
    let state = this.#states.get(tenantId)
    if (state === undefined) {
      state = new TenantState(tenantId)
      this.#states.set(tenantId, state)
    }
    const { byTier, writes } = this.#options
    state.obey(tenant, byTier, writes.ofTenant, this.#clock.epochMs())
    return state
  }

  #exceeded(over: readonly Window[], words: string): AppError {
    const nowMs = this.#clock.epochMs()
    const waitMs = Math.max(...over.map((window) => window.msLeft(nowMs)))
    const policies = over.map(({ policy }) => policy.name)
    return new AppError('quota_exceeded', words, { policies, retryAfterS: waitMs / 1000 })
  }
}
