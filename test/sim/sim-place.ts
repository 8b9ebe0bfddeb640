import type { VectorRecord } from '../../src/stores/store.ts'

type Records = Map<string, VectorRecord>

interface Change {
  readonly visibleAtMs: number
  readonly apply: (records: Records) => void
}

/** One namespace: its true content, and the part of it shown so far. */
export class SimPlace {
  readonly records: Records
  readonly #shown: Records
  readonly #changes: Change[] = []
  /** The number of changes in the shown content: its sequence number for reads. */
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

  /** The views it will show, in order, until it shows all its content. */
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
