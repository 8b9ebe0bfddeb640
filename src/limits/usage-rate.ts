/** Times closer together than this say nothing about a rate. */
const leastMs = 20
/** A rate below one use in 100 s counts as none. */
const leastPerMs = 1e-5

/** A tenant's rate of using a quota, smoothed over about a horizon. */
export class UsageRate {
  readonly #horizonMs: number
  #used = 0
  #perMs = 0
  #ratedAtMs = 0

  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs
  }

  note(count: number): void {
    this.#used += count
  }

  /** Uses within a horizon at the present rate, rounded up. */
  soon(nowMs: number): number {
    return Math.ceil(this.#rate(nowMs) * this.#horizonMs)
  }

  #rate(nowMs: number): number {
    const passedMs = nowMs - this.#ratedAtMs
    if (passedMs < leastMs) return this.#perMs
    const weight = Math.min(1, passedMs / this.#horizonMs)
    this.#perMs = this.#perMs * (1 - weight) + (this.#used / passedMs) * weight
    if (this.#perMs < leastPerMs) this.#perMs = 0
    this.#used = 0
    this.#ratedAtMs = nowMs
    return this.#perMs
  }
}
