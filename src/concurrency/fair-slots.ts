/** One tenant's part in a `FairSlots`: how much of it runs and what waits. */
export interface Line {
  /** Runs at most at once. */
  cap: number
  /** Waits at most at once. */
  waitingMax: number
  active: number
  readonly waiting: (() => void)[]
  isInTurn: boolean
}

export function newLine(cap: number, waitingMax: number): Line {
  return { cap, waitingMax, active: 0, waiting: [], isInTurn: false }
}

/**
 * Lets so much run at once, and of each tenant no more than its cap. What has to wait is served one of each tenant in
 * turn: however long the line of one is, another's first comes next.
 */
export class FairSlots {
  readonly #max: number
  #active = 0
  /** Lines in which someone waits and may go as soon as there is room. */
  readonly #turns: Line[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** @returns true: go; a promise: go when it resolves; undefined: too many wait already. */
  enter(line: Line): true | Promise<void> | undefined {
    if (line.waiting.length === 0 && line.active < line.cap && this.#active < this.#max) {
      line.active += 1
      this.#active += 1
      return true
    }
    if (line.waiting.length >= line.waitingMax) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    line.waiting.push(resolve)
    this.#takeTurn(line)
    return promise
  }

  /** For each that was let in. */
  leave(line: Line): void {
    line.active -= 1
    this.#active -= 1
    this.#takeTurn(line)
    while (this.#active < this.#max) {
      const next = this.#turns.shift()
      if (next === undefined) return
      next.isInTurn = false
      const go = next.waiting.shift()
      if (go === undefined) continue
      next.active += 1
      this.#active += 1
      this.#takeTurn(next)
      go()
    }
  }

  #takeTurn(line: Line): void {
    if (line.isInTurn || line.waiting.length === 0 || line.active >= line.cap) return
    line.isInTurn = true
    this.#turns.push(line)
  }
}
