/** A value halves after this time without a greater one, since conditions change. */
const halfLifeMs = 60_000

/** The maximum of some values, weighted down with age. */
export class RecentMax {
  #value = 0
  #notedAtMs = 0

  note(value: number, nowMs: number): void {
    this.#value = Math.max(value, this.at(nowMs))
    this.#notedAtMs = nowMs
  }

  /** 0 while none was noted. */
  at(nowMs: number): number {
    return this.#value * 0.5 ** ((nowMs - this.#notedAtMs) / halfLifeMs)
  }
}
