/** After this time without a greater one, half of a value is left: what was so once need not be so for ever. */
const halfLifeMs = 60_000

/** The greatest of some values, the older the less it counts. */
export class RecentMax {
  #value = 0
  #notedAtMs = 0

  note(value: number, nowMs: number): void {
    this.#value = Math.max(value, this.at(nowMs))
    this.#notedAtMs = nowMs
  }

  /** 0 as long as none was noted. */
  at(nowMs: number): number {
    return this.#value * 0.5 ** ((nowMs - this.#notedAtMs) / halfLifeMs)
  }
}
