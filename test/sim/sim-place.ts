import type { VectorRecord } from '../../src/stores/store.ts'

type Records = Map<string, VectorRecord>

interface Change {
  readonly visibleAtMs: number
  readonly apply: (records: Records) => void
}

/** One namespace: what it has, and what it shows of that so far. */
export class SimPlace {
  readonly records: Records
  readonly #shown: Records
  readonly #changes: Change[] = []
  /** How many changes are in what it shows: its sequence number of reads. */
  shownLsn = 0

  constructor(records: readonly VectorRecord[] = []) {
    this.records = new Map(records.map((one) => [one.id, one]))
    this.#shown = new Map(this.records)
  }

  /** Changes what it has, to be shown then, and never before what was written earlier. @returns its sequence number. */
  land(apply: Change['apply'], visibleAtMs: number): number {
    this.#changes.push({ apply, visibleAtMs: Math.max(visibleAtMs, this.#changes.at(-1)?.visibleAtMs ?? 0) })
    apply(this.records)
    return this.#changes.length
  }

  show(nowMs: number): Records {
    for (let next = this.#next(); next !== undefined && next.visibleAtMs <= nowMs; next = this.#next()) {
      next.apply(this.#shown)
      this.shownLsn += 1
    }
    return this.#shown
  }

  /** What it is going to show, one after the other, until it shows all that it has. */
  *yetToShow(nowMs: number): Generator<ReadonlyMap<string, VectorRecord>> {
    const records = new Map(this.show(nowMs))
    yield records
    for (const { apply } of this.#changes.slice(this.shownLsn)) {
      apply(records)
      yield records
    }
  }

  /** Records go behind everyone's back, and all shows at once. */
  damage(ids: readonly string[]): void {
    this.show(Number.POSITIVE_INFINITY)
    for (const records of [this.records, this.#shown]) for (const id of ids) records.delete(id)
  }

  #next(): Change | undefined {
    return this.#changes[this.shownLsn]
  }
}
