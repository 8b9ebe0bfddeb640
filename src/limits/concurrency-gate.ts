import { FairSlots } from '../concurrency/fair-slots.ts'
import { AppError } from '../errors.ts'
import { concurrencyPolicy } from './quotas.ts'
import type { TenantState } from './tenant-state.ts'

export interface ConcurrencyLimits {
  /** Concurrent requests of all tenants on this replica. */
  readonly slots: number
  /** Concurrent writes among them, of all tenants and of one: they share the connections to Postgres. */
  readonly writes: { readonly slots: number; readonly ofTenant: number }
}

/** Slots that a request holds while it runs. */
export interface HeldSlots {
  release(): void
}

/** Slots for complete requests: a body that is still arriving holds none. */
export class ConcurrencyGate {
  readonly #all: FairSlots
  readonly #writes: FairSlots

  constructor({ slots, writes }: ConcurrencyLimits) {
    this.#all = new FairSlots(slots)
    this.#writes = new FairSlots(writes.slots)
  }

  /** Returns without waiting when it can. @throws AppError `quota_exceeded` when the tenant's queue is full. */
  enter(state: TenantState, writes: boolean): HeldSlots | Promise<HeldSlots> {
    if (writes) return this.#enterToWrite(state)
    const entered = this.#all.enter(state.line)
    if (entered === undefined) throw tooMany()
    const held = { release: () => this.#all.leave(state.line) }
    return entered === true ? held : entered.then(() => held)
  }

  /** Takes the rarer slot first, so that a request waiting for it holds none of the others. */
  async #enterToWrite(state: TenantState): Promise<HeldSlots> {
    const mayWrite = this.#writes.enter(state.writeLine)
    if (mayWrite === undefined) throw tooMany()
    await mayWrite
    const entered = this.#all.enter(state.line)
    if (entered === undefined) {
      this.#writes.leave(state.writeLine)
      throw tooMany()
    }
    await entered
    return {
      release: () => {
        this.#all.leave(state.line)
        this.#writes.leave(state.writeLine)
      },
    }
  }
}

function tooMany(): AppError {
  const words = "Too many of the tenant's requests are under way; wait for some to finish."
  return new AppError('quota_exceeded', words, { policies: [concurrencyPolicy], retryAfterS: 1 })
}
