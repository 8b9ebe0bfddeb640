import type { Clock } from '../clock.ts'
import type { AppError } from '../errors.ts'
import type { FairSlots } from './fair-slots.ts'
import type { TenantState } from './tenant-state.ts'

/** What a request holds while it runs. */
export interface Slots {
  readonly all: FairSlots
  /** Of one that writes. */
  readonly writes?: FairSlots | undefined
}

/** One request that was counted: it runs until `end`, or is refused. */
export class Turn {
  readonly refused: AppError | undefined
  readonly #state: TenantState
  readonly #slots: FairSlots | undefined
  readonly #writes: FairSlots | undefined
  readonly #clock: Pick<Clock, 'epochMs'>

  private constructor(state: TenantState, clock: Pick<Clock, 'epochMs'>, slots?: Slots, refused?: AppError) {
    this.#state = state
    this.#clock = clock
    this.#slots = slots?.all
    this.#writes = slots?.writes
    this.refused = refused
  }

  static begun(state: TenantState, clock: Pick<Clock, 'epochMs'>, slots: Slots): Turn {
    return new Turn(state, clock, slots)
  }

  static refused(state: TenantState, clock: Pick<Clock, 'epochMs'>, fault: AppError): Turn {
    return new Turn(state, clock, undefined, fault)
  }

  /** `RateLimit` and `RateLimit-Policy` as they are now. */
  headers(): Readonly<Record<string, string>> {
    return this.#state.fields(this.#clock.epochMs())
  }

  /** Once, when the answer is made or its stream has ended. */
  end(): void {
    this.#slots?.leave(this.#state.line)
    this.#writes?.leave(this.#state.writeLine)
  }
}
