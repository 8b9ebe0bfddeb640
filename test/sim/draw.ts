/** Random decisions of a seed, one draw after the other. */
export class Draw {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = generator(seed)
  }

  chance(of: number): boolean {
    return this.#random() < of
  }

  oneOf<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end)
  }

  /** Draws a name with a probability by its weight. */
  weighed<T extends string>(weights: Readonly<Record<T, number>>): T {
    const all = Object.entries(weights) as [T, number][]
    let roll = this.#random() * all.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of all) {
      roll -= weight
      if (roll < 0) return name
    }
    return (all.at(-1) as [T, number])[0]
  }
}

/** Mulberry32 by Tommy Ettinger: numbers in [0, 1), the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
