// States that were met: 64 bits of hash each in an open-addressed table of typed arrays, about 14 bytes a state in all.
// Two of n states share 64 bits by chance with probability n²/2⁶⁵: for 100 million states 3 in 10,000.

/** The table doubles above this load. */
const maxLoad = 0.7

export class Visited {
  /** Both halves of a hash side by side: a lookup touches one line of the processor's cache. */
  #hashes: Int32Array
  #numbers: Int32Array | undefined
  #mask: number
  #count = 0

  /** @param isNumbered also remembers the order of arrival, at 4 more bytes per state. */
  constructor(isNumbered = false, slots = 1 << 16) {
    this.#hashes = new Int32Array(2 * slots)
    this.#numbers = isNumbered ? new Int32Array(slots) : undefined
    this.#mask = slots - 1
  }

  get count(): number {
    return this.#count
  }

  /**
   * Adds a state by its words.
   * @returns -1 when it was new; else its number in the order of arrival (0 when numbers are off).
   */
  add(words: Int32Array): number {
    let low = 0x9e3779b9 | 0
    let high = 0x85ebca6b | 0
    for (let index = 0; index < words.length; index++) {
      const word = words[index] as number
      low = Math.imul(low ^ word, 0x01000193 + 0x5bd1e900)
      low ^= low >>> 15
      high = Math.imul(high + word, 0xc2b2ae35 | 0)
      high ^= high >>> 13
    }
    low = Math.imul(low ^ (low >>> 16), 0x7feb352d)
    high = Math.imul(high ^ (high >>> 16), 0x846ca68b | 0)
    low ^= low >>> 15
    // Nothing is 0, 0: that is what an empty slot looks like.
    if (low === 0 && high === 0) high = 1
    return this.#insert(low, high, this.#count)
  }

  #insert(low: number, high: number, number: number): number {
    const hashes = this.#hashes
    let slot = low & this.#mask
    for (;;) {
      const there = hashes[2 * slot] as number
      const thereHigh = hashes[2 * slot + 1] as number
      if (there === 0 && thereHigh === 0) break
      if (there === low && thereHigh === high) return this.#numbers === undefined ? 0 : (this.#numbers[slot] as number)
      slot = (slot + 1) & this.#mask
    }
    hashes[2 * slot] = low
    hashes[2 * slot + 1] = high
    if (this.#numbers !== undefined) this.#numbers[slot] = number
    this.#count++
    if (this.#count > maxLoad * (this.#mask + 1)) this.#grow()
    return -1
  }

  #grow(): void {
    const hashes = this.#hashes
    const numbers = this.#numbers
    const slots = 2 * (this.#mask + 1)
    this.#hashes = new Int32Array(2 * slots)
    this.#numbers = numbers === undefined ? undefined : new Int32Array(slots)
    this.#mask = slots - 1
    this.#count = 0
    for (let slot = 0; 2 * slot < hashes.length; slot++) {
      const low = hashes[2 * slot] as number
      const high = hashes[2 * slot + 1] as number
      if (low !== 0 || high !== 0) this.#insert(low, high, numbers?.[slot] ?? 0)
    }
  }
}
