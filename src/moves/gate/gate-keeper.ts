import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import { type Gate, isSameGate, type Waiting } from '../state/gate.ts'
import { gateWords } from '../state/gate-words.ts'
import { asMover, changeMove, type MoveRow, setWaiting } from '../state/journal.ts'
import { detailGate } from './gate-details.ts'

/** What is looked at more often than this is looked at all the time: no time of a next try is told. */
const oftenMs = 1_000

/**
 * Keeps in a move's row what the move waits for now. A gate that is met again keeps its age, and one that comes back
 * soon after it had passed goes on with it: a record that is in doubt again and again is one story.
 */
export class GateKeeper {
  readonly #clock: Clock
  readonly #backWithinMs: number
  /** The last gates, the newest last, and when each was last met. */
  readonly #met: { waiting: Waiting; atMs: number }[] = []
  #notedAtMs = Number.NEGATIVE_INFINITY
  #noted: Gate | undefined

  constructor(clock: Clock, backWithinMs: number) {
    this.#clock = clock
    this.#backWithinMs = backWithinMs
  }

  /** For how long the move has waited at the gate that it is at now, in ms; 0 when it is at none. */
  waitedMs(): number {
    const last = this.#noted === undefined ? undefined : this.#met.at(-1)
    return last === undefined ? 0 : this.#clock.epochMs() - Date.parse(last.waiting.since)
  }

  /**
   * Says that the move waits at a gate and is looked at again after `retryMs`.
   * @param tries how often it has been tried, where the step counts it.
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

  /** Says that the move goes on: what it waited for has passed. */
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

  /** The same gate as it was last met, if that is not too long ago. */
  #recall(gate: Gate): Waiting | undefined {
    const at = this.#met.findLastIndex((one) => isSameGate(one.waiting.gate, gate))
    const [met] = at < 0 ? [] : this.#met.splice(at, 1)
    return met !== undefined && this.#clock.now() - met.atMs <= this.#backWithinMs ? met.waiting : undefined
  }
}

/** Whether the wait was to end and then began anew: the same record is in doubt for another write. */
function isPutOff(before: Gate, now: Gate): boolean {
  if (before.until === undefined || now.until === undefined) return false
  // A record's deadline is in its row; another end is reckoned anew at each look, and rounded.
  const jitterMs = now.record === undefined ? 2_000 : 0
  return Date.parse(now.until) - Date.parse(before.until) > jitterMs
}
