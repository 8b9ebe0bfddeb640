import { RecentMax } from './recent-max.ts'

/** What one look at a record of a place told. */
export interface Look {
  readonly id: string
  /** The number of the record's last write. */
  readonly seq: number
  /** For how long this place has had it, in ms. */
  readonly ageMs: number
  readonly isShown: boolean
  /** The number of the write that was shown, 0 for one of before the move; undefined when no record was shown. */
  readonly shownSeq: number | undefined
}

interface Followed {
  readonly seq: number
  readonly sinceMs: number
  readonly lookedAtMs: number
}

/** What shows at the first look, this soon, tells that the place is quick. */
const soonMs = 300
/** So many records are followed at once; more would tell nothing else. */
const maxFollowed = 100

/**
 * How late one place shows writes: the greatest age at which a record was seen not to be shown yet. The age at which it
 * is found would tell how late the mover looked.
 */
export class StoreLag {
  readonly #late = new RecentMax()
  readonly #followed = new Map<string, Followed>()
  #isKnown = false

  /** A record was seen both before and after it showed, or showed at once. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** In ms; as long as it is not known, it may be more. */
  at(nowMs: number): number {
    return this.#late.at(nowMs)
  }

  looked(nowMs: number, look: Look): void {
    const { id, seq, ageMs, isShown, shownSeq } = look
    const before = this.#followed.get(id)
    this.#followed.delete(id)
    if (before === undefined) {
      if (isShown && ageMs <= soonMs) this.#isKnown = true
    } else if (before.seq === seq) {
      // Nobody wrote the record since: the look before was at this write, and it did not show.
      this.#late.note(before.lookedAtMs - before.sinceMs, nowMs)
      if (isShown) this.#isKnown = true
    } else if (shownSeq !== undefined && shownSeq < before.seq) {
      // A record that is written again and again: what is shown is older than the write that is followed.
      this.#late.note(nowMs - before.sinceMs, nowMs)
    } else if (shownSeq !== undefined) this.#isKnown = true
    if (isShown) return
    const isLate = before !== undefined && (before.seq === seq || (shownSeq !== undefined && shownSeq < before.seq))
    this.#follow(id, isLate ? { ...before, lookedAtMs: nowMs } : { seq, sinceMs: nowMs - ageMs, lookedAtMs: nowMs })
  }

  #follow(id: string, one: Followed): void {
    this.#followed.set(id, one)
    const [oldest] = this.#followed.keys()
    if (this.#followed.size > maxFollowed && oldest !== undefined) this.#followed.delete(oldest)
  }
}
