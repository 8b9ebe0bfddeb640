// The states still to be expanded, first in first out, as bytes in chunks; a chunk is dropped when it is used up.
import { stateBytes } from './state.ts'

const statesAChunk = 1 << 15

export class Frontier {
  #chunks: Uint8Array[] = []
  #written = 0
  #read = 0

  push(bytes: Uint8Array): void {
    const index = this.#written % statesAChunk
    if (index === 0) this.#chunks.push(new Uint8Array(statesAChunk * stateBytes))
    this.#chunks.at(-1)?.set(bytes, index * stateBytes)
    this.#written++
  }

  /** @returns false when there is none. */
  shift(into: Uint8Array): boolean {
    if (this.#read === this.#written) return false
    const from = (this.#read % statesAChunk) * stateBytes
    const chunk = this.#chunks[0] as Uint8Array
    for (let index = 0; index < stateBytes; index++) into[index] = chunk[from + index] as number
    this.#read++
    if (this.#read % statesAChunk === 0) this.#chunks.shift()
    return true
  }
}
