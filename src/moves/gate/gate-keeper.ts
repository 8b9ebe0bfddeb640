import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import { type Gate, isSameGate, type Waiting } from '../state/gate.ts'
import { gateWords } from '../state/gate-words.ts'
import { asMover, changeMove, type MoveRow, setWaiting } from '../state/move-history.ts'
import { detailGate } from './gate-details.ts'

/** A gate checked more often than this counts as checked continuously: it shows no time of a next try. */
const oftenMs = 1_000

/**
 * Keeps a move's present gate in its row. A gate met again keeps its age, and one that returns soon after it passed
 * continues it: a record that is in doubt repeatedly is one story.
 */
export class GateKeeper {
  readonly #clock: Clock
  readonly #backWithinMs: number
  /** The last gates, newest last, and when each was last met. */
  readonly #met: { waiting: Waiting; atMs: number }[] = []
  #notedAtMs = Number.NEGATIVE_INFINITY
  #noted: Gate | undefined

  constructor(clock: Clock, backWithinMs: number) {
    this.#clock = clock
    this.#backWithinMs = backWithinMs
  }

  /** Time that the move has waited at its present gate, in ms; 0 when it waits at none. */
  waitedMs(): number {
    const last = this.#noted === undefined ? undefined : this.#met.at(-1)
    return last === undefined ? 0 : this.#clock.epochMs() - Date.parse(last.waiting.since)
  }

  /**
   * Records that the move waits at a gate and is checked again after `retryMs`.
   * @param tries the number of tries so far, where the step counts them.
   */
  async note(db: Db, move: MoveRow, seen: Gate, retryMs: number, tries?: number): Promise<void> {
    const nowMs = this.#clock.now()
    // The details cost a query, and a gate that is looked at twenty times a second does not change as often.
    if (this.#noted?.kind === seen.kind && retryMs < oftenMs && nowMs - this.#notedAtMs < oftenMs) return
    this.#notedAtMs = nowMs
    const gate = await detailGate(db, move, seen)
    const waiting = this.#waiting(gate, retryMs, tries, move.waiting)
    const isNews = this.#noted === undefined || gateWords(this.#noted) !== gateWords(gate) || retryMs >= oftenMs
    this.#noted = gate
    if (isNews) await asMover(db, move, (tx, row) => setWaiting(tx, row, waiting))
  }

  /** Records that the move goes on: its gate has passed. */
  async passed(db: Db, move: MoveRow): Promise<void> {
    if (this.#noted === undefined && move.waiting === null) return
    this.#noted = undefined
    await asMover(db, move, async (tx, row) => {
      if (row.waiting !== null) await changeMove(tx, row, { gate: null })
    })
  }

  #waiting(gate: Gate, retryMs: number, tries: number | undefined, stored: Waiting | null): Waiting {
    const nowMs = this.#clock.epochMs()
    const nextTryAt = retryMs < oftenMs ? null : new Date(nowMs + retryMs).toISOString()
    const met = this.#recall(gate)
    // At first, as the mover before left it in the row.
    const known =
      met ?? (this.#met.length === 0 && stored !== null && isSameGate(stored.gate, gate) ? stored : undefined)
    const isBack = this.#noted === undefined || !isSameGate(this.#noted, gate)
    const isAgain = met !== undefined && (isBack || isPutOff(met.gate, gate))
    const since = known?.since ?? new Date(nowMs).toISOString()
    const waiting = { gate, since, tries: tries ?? (known?.tries ?? 1) + (isAgain ? 1 : 0), nextTryAt }
    this.#met.push({ waiting, atMs: this.#clock.now() })
    if (this.#met.length > 8) this.#met.shift()
    return waiting
  }

  /** The last meeting of the same gate, if it is recent enough. */
  #recall(gate: Gate): Waiting | undefined {
    const at = this.#met.findLastIndex((one) => isSameGate(one.waiting.gate, gate))
    const [met] = at < 0 ? [] : this.#met.splice(at, 1)
    return met !== undefined && this.#clock.now() - met.atMs <= this.#backWithinMs ? met.waiting : undefined
  }
}

/** Whether the wait should have ended but began anew: the same record is in doubt for another write. */
function isPutOff(before: Gate, now: Gate): boolean {
  if (before.until === undefined || now.until === undefined) return false
  // A record's deadline is in its row; another end is reckoned anew at each look, and rounded.
  const jitterMs = now.record === undefined ? 2_000 : 0
  return Date.parse(now.until) - Date.parse(before.until) > jitterMs
}
