// How each state was first reached: from which one, and by which of its transitions. Enough to tell the way there again.

const statesAChunk = 1 << 20

export class Ways {
  readonly #from: Int32Array[] = []
  readonly #by: Uint8Array[] = []
  #count = 0

  push(from: number, by: number): void {
    const index = this.#count % statesAChunk
    if (index === 0) {
      this.#from.push(new Int32Array(statesAChunk))
      this.#by.push(new Uint8Array(statesAChunk))
    }
    ;(this.#from.at(-1) as Int32Array)[index] = from
    ;(this.#by.at(-1) as Uint8Array)[index] = by
    this.#count++
  }

  /** The transitions to take, in order, from state 0 to the state with this number. */
  to(state: number): number[] {
    const way: number[] = []
    for (let at = state; at > 0; ) {
      const chunk = Math.floor(at / statesAChunk)
      const index = at % statesAChunk
      way.push(this.#by[chunk]?.[index] as number)
      at = this.#from[chunk]?.[index] as number
    }
    return way.reverse()
  }
}
