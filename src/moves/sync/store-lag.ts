import { stampOf } from '../../stores/reserved.ts'
import type { VectorRecord } from '../../stores/store.ts'
import { RecentMax } from './recent-max.ts'

/** A write that a place has and may not show yet. */
export interface Written {
  readonly id: string
  readonly seq: number
  /** For how long the place has had it, in ms. */
  readonly ageMs: number
  /** The record bears the number of this write, once it shows. */
  readonly isStamped: boolean
}

interface Followed {
  readonly seq: number
  readonly sinceMs: number
  /** It was looked for and did not show. */
  readonly wasLate: boolean
}

/** What shows this soon at its first look tells that the place is quick. */
const soonMs = 300
/** For so long what a place was seen to do is taken for what it does. */
const freshMs = 10_000
/** Writes followed at once. */
export const maxFollowed = 4

/**
 * How late one place shows writes: a few are followed, each until it shows, or a later one of its record. What counts is
 * the greatest age at which one did not show yet; the age at which it was found would tell how late the mover looked.
 */
export class StoreLag {
  readonly #late = new RecentMax()
  readonly #followed = new Map<string, Followed>()
  #knownAtMs: number | undefined

  /** A write was seen to show: in time, or after it had been waited for. */
  get isKnown(): boolean {
    return this.#knownAtMs !== undefined
  }

  /** The same, and not long ago: what was seen before may not be so any more. */
  isFresh(nowMs: number): boolean {
    return this.#knownAtMs !== undefined && nowMs - this.#knownAtMs <= freshMs
  }

  /** In ms; as long as it is not known, it may be more. */
  at(nowMs: number): number {
    return this.#late.at(nowMs)
  }

  /** What to look at besides the rows. */
  get followedIds(): readonly string[] {
    return [...this.#followed.keys()]
  }

  /**
   * @param rows what is not done yet, the oldest first.
   * @param records what a look that began at `lookedAtMs` showed of the oldest and of those followed.
   */
  looked(lookedAtMs: number, rows: readonly Written[], records: ReadonlyMap<string, VectorRecord>): void {
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
