export class TokenBucket {
  readonly #perSecond: number
  readonly #size: number
  #tokens: number
  #countedAt = performance.now()

  constructor(perSecond: number, size: number) {
    this.#perSecond = perSecond
    this.#size = Math.max(1, size)
    this.#tokens = this.#size
  }

  /** @returns 0 after taking a token, or the seconds until one is available. */
  take(): number {
    const now = performance.now()
    this.#tokens = Math.min(this.#size, this.#tokens + ((now - this.#countedAt) / 1_000) * this.#perSecond)
    this.#countedAt = now
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#perSecond
    this.#tokens--
    return 0
  }
}
