// Every transition is given these: the state it starts from, one to change, and a place to hand the change in.
import type { GuardName } from './guards.ts'
import type { Monitor } from './monitor.ts'
import type { Size } from './size.ts'
import { State } from './state.ts'

/** Describes an event in plain words; called only when a trace is printed. */
export type Words = () => string

export class World {
  readonly guards: Readonly<Record<GuardName, boolean>>
  readonly size: Size
  readonly monitor: Monitor
  readonly now = new State()
  readonly #next = new State()
  readonly #found: (next: State, words: Words) => void

  constructor(
    rules: { guards: World['guards']; size: Size; monitor: Monitor },
    found: (next: State, words: Words) => void,
  ) {
    this.guards = rules.guards
    this.size = rules.size
    this.monitor = rules.monitor
    this.#found = found
  }

  /** A copy of `now` to change. There is one at a time: pass it to `happens` before the next. */
  fork(): State {
    this.#next.bytes.set(this.now.bytes)
    return this.#next
  }

  /** Reports that the forked state, as changed so far, can follow. It may be changed further and reported again. */
  happens(words: Words): void {
    this.#found(this.#next, words)
  }

  /** Barrier(epoch): every unexpired session has applied it. */
  isApplied(epoch: number): boolean {
    for (const { leased, applied } of this.now.replicas) if (leased && applied < epoch) return false
    return true
  }
}
