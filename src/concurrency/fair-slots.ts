/** One tenant's share of a `FairSlots`: its running calls and its queue. */
export interface Line {
  /** Calls that run at once, at most. */
  cap: number
  /** Calls that wait at once, at most. */
  waitingMax: number
  active: number
  readonly waiting: (() => void)[]
  isInTurn: boolean
}

export function newLine(cap: number, waitingMax: number): Line {
  return { cap, waitingMax, active: 0, waiting: [], isInTurn: false }
}

/**
 * Limits concurrent calls, in all and for each tenant. Waiting calls are served one of each tenant in turn: however
 * long one tenant's queue is, another's first call comes next.
 */
export class FairSlots {
  readonly #max: number
  #active = 0
  /** Tenants whose next call may run as soon as a slot is free. */
  readonly #turns: Line[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** @returns true: go; a promise: go when it resolves; undefined: the queue is full. */
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

  /** Frees the slot of a call that was let in. */
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
