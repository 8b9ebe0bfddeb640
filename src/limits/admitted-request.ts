import type { Clock } from '../clock.ts'
import type { AppError } from '../errors.ts'
import type { ConcurrencyGate, HeldSlots } from './concurrency-gate.ts'
import type { QuotaGate } from './quota-gate.ts'
import type { TenantState } from './tenant-state.ts'

interface Gates {
  readonly quota: Pick<QuotaGate, 'giveBack'>
  readonly concurrency: ConcurrencyGate
  readonly clock: Pick<Clock, 'epochMs'>
}

/** One counted request. It takes its slots once its body is complete, and holds them until `end`. */
export class AdmittedRequest {
  readonly refused: AppError | undefined
  readonly #state: TenantState
  readonly #writes: boolean
  readonly #gates: Gates
  #slots: HeldSlots | undefined
  #isOver = false

  constructor(state: TenantState, writes: boolean, gates: Gates, refused?: AppError) {
    this.#state = state
    this.#writes = writes
    this.#gates = gates
    this.refused = refused
  }

  /** The present `RateLimit` and `RateLimit-Policy`. */
  headers(): Readonly<Record<string, string>> {
    return this.#state.fields(this.#gates.clock.epochMs())
  }

  /** Takes the slots; returns a promise when it has to wait. @throws AppError `quota_exceeded` */
  enter(): void | Promise<void> {
    try {
      const entered = this.#gates.concurrency.enter(this.#state, this.#writes)
      if (!(entered instanceof Promise)) return this.#hold(entered)
      return entered.then(
        (slots) => this.#hold(slots),
        (error: unknown) => this.#giveBack(error),
      )
    } catch (error) {
      this.#giveBack(error)
    }
  }

  /** Call it when the answer is sent or cut off. */
  end(): void {
    this.#isOver = true
    this.#slots?.release()
    this.#slots = undefined
  }

  #hold(slots: HeldSlots): void {
    if (this.#isOver) slots.release()
    else this.#slots = slots
  }

  #giveBack(error: unknown): never {
    this.#gates.quota.giveBack(this.#state)
    throw error
  }
}
