import { doubledMs } from '../../backoff.ts'
import type { Gate } from '../state/gate.ts'
import type { RatesNow } from '../sync/move-rates.ts'
import type { Tail } from '../sync/tail.ts'

/** The facts that decide whether to enter the fence. */
export interface FenceSituation {
  readonly tail: Tail
  /** Live replicas that have not seen the last change. */
  readonly behind: number
  readonly rates: RatesNow
  readonly fenceBudgetMs: number
  /** Time already spent waiting for a quieter moment. */
  readonly waitedMs: number
  /** Fences of this move that had to be reopened. */
  readonly fenceTries: number
}

/** A write that waits no longer than this is, for an app, not held. */
const shortHoldMs = 300
/** Shares of the budget: a hold within the first is entered at once, within the second after no quieter moment came. */
const easyShare = 0.65
const tightShare = 0.85

/** The gate that keeps a move from entering the fence; undefined when it may enter. */
export function fenceGate(situation: FenceSituation): Gate | undefined {
  const { tail, behind, rates, fenceBudgetMs, waitedMs, fenceTries } = situation
  if (behind > 0) return { kind: 'replicas_behind', count: behind }
  if (tail.inDoubt > 0) return { kind: 'write_in_doubt', count: tail.inDoubt }
  if (tail.stuck > 0) return { kind: 'write_under_way', count: tail.stuck }
  if (tail.suspect > 0) return { kind: 'target_suspect', count: tail.suspect }
  if (tail.unproven > 0) return { kind: 'write_unproven', count: tail.unproven }
  if (tail.unprovenThere > 0) return { kind: 'not_shown_yet', count: tail.unprovenThere }
  if (tail.claimed > 0) return { kind: 'batch_under_way', count: tail.claimed }
  if (tail.isCut) return { kind: 'tail_too_long', count: tail.unverified }
  // The longer after each try that came to nothing: what was expected of it was wrong.
  const patienceMs = doubledMs({ baseMs: fenceBudgetMs, maxMs: 8 * fenceBudgetMs }, fenceTries)
  const isPatient = waitedMs < patienceMs
  if (!rates.isLagKnown && tail.unsynced + tail.unverified > 0 && isPatient) return { kind: 'lag_unknown' }
  const hold = expectedHold(tail, rates)
  if (hold.totalMs <= Math.max(shortHoldMs, fenceBudgetMs * easyShare)) return undefined
  const isTight = hold.totalMs <= fenceBudgetMs * tightShare
  if (isTight && !isPatient) return undefined
  if (hold.byRows) return { kind: 'tail_too_long', count: tail.inflight + tail.unsynced + tail.unverified }
  // By what a write of this moment would wait, so that the gate stays while the last write gets older.
  const { activeLagMs, followerLagMs } = rates
  return {
    kind: 'store_late',
    lateMs: halfSeconds(Math.max(activeLagMs, followerLagMs)),
    holdMs: halfSeconds(activeLagMs + followerLagMs + 2 * rates.roundMs),
    budgetMs: fenceBudgetMs,
    ...(isTight && { patienceMs }),
  }
}

/**
 * The expected hold of a fence entered now: until the last write is visible in the active place and everything is
 * copied, and then until that is visible in the other place. A look may just miss it, once in each.
 */
function expectedHold(tail: Tail, rates: RatesNow): { readonly totalMs: number; readonly byRows: boolean } {
  const { activeLagMs, followerLagMs, rowsPerS, roundMs } = rates
  const [toCarry, toCompare] = [tail.inflight + tail.unsynced, tail.unverified]
  if (toCarry + toCompare === 0) return { totalMs: 0, byRows: false }
  // Writes under way are as young as can be.
  const youngestMs = tail.inflight > 0 ? 0 : tail.youngestUnsyncedMs
  const showMs = Math.max(0, activeLagMs - youngestMs)
  const carryMs = (toCarry / rowsPerS) * 1000
  const compareMs = toCarry > 0 ? followerLagMs : Math.max(0, followerLagMs - tail.youngestUnverifiedMs)
  const carriedMs = toCarry > 0 ? Math.max(showMs, carryMs) : 0
  return { totalMs: carriedMs + compareMs + 2 * roundMs, byRows: toCarry > 0 && carryMs > activeLagMs + roundMs }
}

/** Whether the fence would last to its deadline whatever the mover does: nobody's writes need to wait for that. */
export function cannotFinishInTime(tail: Tail, leftMs: number, storeVisibleMs: number): boolean {
  const unprovenMs = tail.unproven > 0 ? storeVisibleMs - tail.youngestUnsyncedMs : 0
  const unprovenThereMs = tail.unprovenThere > 0 ? storeVisibleMs - tail.youngestUnprovenThereMs : 0
  return tail.stuck > 0 || Math.max(tail.doubtMs, unprovenMs, unprovenThereMs) > leftMs
}

/** Interval of a fence's looks: short, but longer while the store lags, when most looks would find nothing. */
export function pollMs({ activeLagMs, followerLagMs }: RatesNow): number {
  return Math.min(50, Math.max(10, Math.max(activeLagMs, followerLagMs) / 40))
}

/** The obstacle that kept a fence until its deadline, or would have; undefined when only the mover was late. */
export function whatKept(tail: Tail): Gate | undefined {
  if (tail.inDoubt > 0) return { kind: 'write_in_doubt', count: tail.inDoubt }
  if (tail.suspect > 0) return { kind: 'target_suspect', count: tail.suspect }
  if (tail.inflight > 0) return { kind: 'write_under_way', count: tail.inflight }
  if (tail.unsynced > 0) return { kind: 'write_unproven', count: tail.unsynced }
  if (tail.unverified > 0) return { kind: 'not_shown_yet', count: tail.unverified }
  return undefined
}

/** Whether the two places are equal in everything written: the last check before the cutover. */
export function isTailDone(tail: Tail): boolean {
  const { inflight, inDoubt, unsynced, unverified, suspect, claimed } = tail
  return inflight + inDoubt + unsynced + unverified + suspect + claimed === 0
}

/** Rounded up: a gate that changed with every look would only distract watchers. */
function halfSeconds(ms: number): number {
  return Math.ceil(ms / 500) * 500
}
