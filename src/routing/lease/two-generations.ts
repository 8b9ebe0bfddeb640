/**
 * A map that drops entries not used recently: it keeps at least `size` entries and at most twice as many. A hit moves
 * the entry to the young generation; when that is full it becomes the old one, and the previous old one is dropped as a
 * whole. A hit costs one lookup of a plain `Map`, and an entry costs what it does there: no list is kept in order.
 */
export class TwoGenerations<K, V> {
  readonly #size: number
  #young = new Map<K, V>()
  #old = new Map<K, V>()

  constructor(size: number) {
    this.#size = size
  }

  get(key: K): V | undefined {
    const value = this.#young.get(key)
    return value === undefined ? this.#getOld(key) : value
  }

  set(key: K, value: V): void {
    this.#old.delete(key)
    this.#young.set(key, value)
    if (this.#young.size < this.#size) return
    this.#old = this.#young
    this.#young = new Map()
  }

  delete(key: K): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  *values(): Iterable<V> {
    yield* this.#young.values()
    yield* this.#old.values()
  }

  #getOld(key: K): V | undefined {
    const value = this.#old.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }
}
