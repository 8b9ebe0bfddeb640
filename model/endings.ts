// L2 of docs/moves.md: can the move still end? Kept are all transitions between states; then one walks them back from
// the states in which the move is completed.
import type { Size } from './size.ts'
import type { State } from './state.ts'

/** Routing changes that a move may still need: FENCE, FLIP, writes open, completion, and one reopened fence. */
const epochsToEnd = 6

export class Endings {
  readonly #latestEpoch: number
  #from = new Int32Array(1 << 16)
  #to = new Int32Array(1 << 16)
  #edges = 0
  readonly #ended: number[] = []
  /** By state: whether the size leaves it epochs to end. */
  readonly #hasRoom: boolean[] = []

  constructor(size: Size) {
    this.#latestEpoch = size.epochs - epochsToEnd
  }

  /** Call it once per state, in numeric order. */
  state(state: State): void {
    if (state.ended) this.#ended.push(this.#hasRoom.length)
    this.#hasRoom.push(state.epoch <= this.#latestEpoch)
  }

  edge(from: number, to: number): void {
    if (this.#edges === this.#from.length) {
      this.#from = doubled(this.#from)
      this.#to = doubled(this.#to)
    }
    this.#from[this.#edges] = from
    this.#to[this.#edges] = to
    this.#edges++
  }

  /** @returns the number of the first state with epochs left from which no completed state can be reached. */
  firstStuck(): number | undefined {
    const count = this.#hasRoom.length
    const { starts, sources } = this.#backwards(count)
    const canEnd = new Uint8Array(count)
    const todo = [...this.#ended]
    for (const state of todo) canEnd[state] = 1
    for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
      for (let edge = starts[state] as number; edge < (starts[state + 1] as number); edge++) {
        const source = sources[edge] as number
        if (canEnd[source]) continue
        canEnd[source] = 1
        todo.push(source)
      }
    }
    const stuck = this.#hasRoom.findIndex((hasRoom, state) => hasRoom && !canEnd[state])
    return stuck === -1 ? undefined : stuck
  }

  /** All edges sorted by their target: those into a state are `sources[starts[state]]` up to `starts[state + 1]`. */
  #backwards(count: number): { starts: Int32Array; sources: Int32Array } {
    const starts = new Int32Array(count + 2)
    for (let edge = 0; edge < this.#edges; edge++) bump(starts, (this.#to[edge] as number) + 2)
    for (let state = 2; state < starts.length; state++)
      starts[state] = (starts[state] as number) + (starts[state - 1] as number)
    const sources = new Int32Array(this.#edges)
    for (let edge = 0; edge < this.#edges; edge++) {
      sources[bump(starts, (this.#to[edge] as number) + 1)] = this.#from[edge] as number
    }
    return { starts, sources }
  }
}

/** Increments a count. @returns the count before. */
function bump(counts: Int32Array, index: number): number {
  const before = counts[index] as number
  counts[index] = before + 1
  return before
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2)
  grown.set(array)
  return grown
}
