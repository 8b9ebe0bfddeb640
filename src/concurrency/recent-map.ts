/** A map that drops its oldest entries. */
export class RecentMap<K, V> {
  readonly #entries = new Map<K, { readonly value: V; readonly untilMs: number }>()
  readonly #max: number
  readonly #ttlMs: number

  constructor(options: { readonly max: number; readonly ttlMs?: number }) {
    this.#max = options.max
    this.#ttlMs = options.ttlMs ?? Number.POSITIVE_INFINITY
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.untilMs > performance.now() ? entry.value : undefined
  }

  set(key: K, value: V): void {
    this.#entries.delete(key) // so that it goes to the end
    this.#entries.set(key, { value, untilMs: performance.now() + this.#ttlMs })
    if (this.#entries.size <= this.#max) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }
}
