/**
 * Keeps the `limit` best rows seen. A higher rank is better; on a tie the lower id is, so that two copies of a
 * namespace answer alike in any row order.
 */
export class BestRows {
  readonly #limit: number
  readonly #ids: readonly string[]
  readonly #rows: number[] = []
  readonly #ranks: number[] = []
  /** The rank that a row must exceed once the heap is full. */
  floor = Number.NEGATIVE_INFINITY

  constructor(limit: number, ids: readonly string[]) {
    this.#limit = limit
    this.#ids = ids
  }

  offer(row: number, rank: number): void {
    if (this.#rows.length < this.#limit) {
      this.#rows.push(row)
      this.#ranks.push(rank)
      this.#up(this.#rows.length - 1)
      if (this.#rows.length === this.#limit) this.floor = this.#ranks[0] ?? this.floor
    } else if (rank > this.floor || (rank === this.floor && this.#before(row, this.#rows[0] ?? 0))) {
      this.#rows[0] = row
      this.#ranks[0] = rank
      this.#down()
      this.floor = this.#ranks[0]
    }
  }

  /** Rows sorted best first. */
  sorted(): { row: number; rank: number }[] {
    return this.#rows
      .map((row, i) => ({ row, rank: this.#ranks[i] ?? 0 }))
      .sort((left, right) => right.rank - left.rank || (this.#before(left.row, right.row) ? -1 : 1))
  }

  #before(left: number, right: number): boolean {
    return (this.#ids[left] ?? '') < (this.#ids[right] ?? '')
  }

  #worse(left: number, right: number): boolean {
    const difference = (this.#ranks[left] ?? 0) - (this.#ranks[right] ?? 0)
    return difference < 0 || (difference === 0 && this.#before(this.#rows[right] ?? 0, this.#rows[left] ?? 0))
  }

  #swap(left: number, right: number): void {
    const row = this.#rows[left] ?? 0
    const rank = this.#ranks[left] ?? 0
    this.#rows[left] = this.#rows[right] ?? 0
    this.#ranks[left] = this.#ranks[right] ?? 0
    this.#rows[right] = row
    this.#ranks[right] = rank
  }

  #up(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#worse(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #down(): void {
    let at = 0
    for (;;) {
      const left = at * 2 + 1
      const right = left + 1
      let worst = at
      if (left < this.#rows.length && this.#worse(left, worst)) worst = left
      if (right < this.#rows.length && this.#worse(right, worst)) worst = right
      if (worst === at) return
      this.#swap(at, worst)
      at = worst
    }
  }
}
