import { stampOf } from '../../stores/reserved.ts'
import type { VectorRecord } from '../../stores/store.ts'
import { RecentMax } from './recent-max.ts'

/** A write that a place has but may not show yet. */
export interface WrittenRow {
  readonly id: string
  readonly seq: number
  /** Time that the place has had it, in ms. */
  readonly ageMs: number
  /** Whether the record carries this write's number once it is visible. */
  readonly isStamped: boolean
}

interface Followed {
  readonly seq: number
  readonly sinceMs: number
  /** Whether a look did not find it. */
  readonly wasLate: boolean
}

/** A write found this soon at its first look proves that the place is quick. */
const soonMs = 300
/** Time for which an observation stays valid. */
const freshMs = 10_000
/** Writes followed at once. */
export const maxFollowed = 4

/**
 * The lag of one place: a few writes are followed, each until it, or a later one of its record, is visible. The lag is
 * the greatest age at which one was still invisible; the age at which it was found would measure the mover's delay.
 */
export class StoreLag {
  readonly #late = new RecentMax()
  readonly #followed = new Map<string, Followed>()
  #knownAtMs: number | undefined

  /** Whether a write was seen to become visible, in time or after a wait. */
  get isKnown(): boolean {
    return this.#knownAtMs !== undefined
  }

  /** The same, but recently: older observations may no longer hold. */
  isFresh(nowMs: number): boolean {
    return this.#knownAtMs !== undefined && nowMs - this.#knownAtMs <= freshMs
  }

  /** The lag in ms; while it is unknown, it may be more. */
  at(nowMs: number): number {
    return this.#late.at(nowMs)
  }

  /** Ids to read besides the rows. */
  get followedIds(): readonly string[] {
    return [...this.#followed.keys()]
  }

  /**
   * @param rows the open ones, oldest first.
   * @param records what a look that began at `lookedAtMs` showed of the oldest and of those followed.
   */
  looked(lookedAtMs: number, rows: readonly WrittenRow[], records: ReadonlyMap<string, VectorRecord>): void {
    const shown = (id: string) => {
      const record = records.get(id)
      return record === undefined ? undefined : (stampOf(record) ?? 0)
    }
    for (const [id, { seq, sinceMs, wasLate }] of this.#followed) {
      const shownSeq = shown(id)
      // Of a record that is not there: it does not show yet, unless it was written again meanwhile and is deleted.
      const isLate = shownSeq === undefined ? rows.some((row) => row.id === id && row.seq === seq) : shownSeq < seq
      const ageMs = lookedAtMs - sinceMs
      if (isLate) {
        this.#late.note(ageMs, lookedAtMs)
        this.#followed.set(id, { seq, sinceMs, wasLate: true })
        continue
      }
      if (shownSeq !== undefined && (wasLate || ageMs <= soonMs)) this.#knownAtMs = lookedAtMs
      this.#followed.delete(id)
    }
    if (rows.some(({ id, seq, ageMs }) => ageMs <= soonMs && shown(id) === seq)) this.#knownAtMs = lookedAtMs
    for (const { id, seq, ageMs, isStamped } of rows.toReversed()) {
      if (this.#followed.size >= maxFollowed) break
      if (!isStamped || this.#followed.has(id) || shown(id) === seq) continue
      this.#followed.set(id, { seq, sinceMs: lookedAtMs - ageMs, wasLate: false })
    }
  }
}
