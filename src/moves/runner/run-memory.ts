import type { Clock } from '../../clock.ts'
import { GateKeeper } from '../gate/gate-keeper.ts'
import { MoveRates } from '../sync/move-rates.ts'

/** One move's in-memory state in a replica's mover, kept between two runs of the move. */
export interface MoveMemory {
  readonly rates: MoveRates
  readonly gates: GateKeeper
}

/** Moves remembered at once: more than one replica handles. */
const most = 200

/**
 * The memory of a replica's mover. A mover that takes a move over starts without it; the move's row has everything that
 * matters.
 */
export class RunMemory {
  readonly #clock: Clock
  readonly #storeInDoubtMs: number
  readonly #moves = new Map<string, MoveMemory>()

  constructor(clock: Clock, storeInDoubtMs: number) {
    this.#clock = clock
    this.#storeInDoubtMs = storeInDoubtMs
  }

  of(moveId: string): MoveMemory {
    const known = this.#moves.get(moveId)
    const memory = known ?? {
      rates: new MoveRates(this.#clock),
      // A doubt takes this long to end, and what leads to the next may take as long again.
      gates: new GateKeeper(this.#clock, 2 * this.#storeInDoubtMs + 60_000),
    }
    this.#moves.delete(moveId)
    this.#moves.set(moveId, memory)
    const [oldest] = this.#moves.keys()
    if (this.#moves.size > most && oldest !== undefined) this.#moves.delete(oldest)
    return memory
  }
}
