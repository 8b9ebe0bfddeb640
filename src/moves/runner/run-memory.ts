import type { Clock } from '../../clock.ts'
import { GateKeeper } from '../gate/gate-keeper.ts'
import { Learnt } from '../sync/learnt.ts'

/** What a replica's mover keeps in memory of one move, from one time that it carries it on to the next. */
export interface MoveMemory {
  readonly learnt: Learnt
  readonly gates: GateKeeper
}

/** Moves that are remembered at once: more than one replica has on its hands. */
const most = 200

/** The memory of a replica's mover. Whoever takes a move over begins without it; the move's row has all that matters. */
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
      learnt: new Learnt(this.#clock),
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
