import type { Rates } from './learnt.ts'
import type { Tail } from './tail.ts'

/** What the choice to enter the fence looks at. */
export interface FenceSituation {
  readonly tail: Tail
  /** Living replicas that have not taken notice of the last change. */
  readonly behind: number
  readonly rates: Rates
  readonly fenceBudgetMs: number
  /** For how long a quieter moment has been waited for. */
  readonly waitedMs: number
  /** Fences of this move that had to be opened again. */
  readonly fenceTries: number
}

/** A write that waits no longer than this has not been held, as far as an app can tell. */
const shortHoldMs = 300
/** Of the budget: what is entered at once, and what is entered when no quieter moment came. */
const easyShare = 0.65
const tightShare = 0.85

/** The gate that keeps a move from entering the fence, in words for a person; undefined when it may enter. */
export function fenceGate(situation: FenceSituation): string | undefined {
  const { tail, behind, rates, fenceBudgetMs, waitedMs, fenceTries } = situation
  if (behind > 0) return `${behind} replica(s) still work by the routing from before the last change`
  if (tail.inDoubt > 0) return `${tail.inDoubt} write(s) that got no answer from the store may still land`
  if (tail.stuck > 0) return `${tail.stuck} write(s) are under way for long, or their writer is gone`
  if (tail.suspect > 0)
    return `${tail.suspect} record(s) of the target may still be reached by a late write of the mover`
  if (tail.unproven > 0) return `${tail.unproven} record(s) wait until the store is known to show their last write`
  if (tail.claimed > 0) return 'a batch is being written to the target'
  // The longer after each try that came to nothing: what was expected of it was wrong.
  const patienceMs = fenceBudgetMs * 2 ** Math.min(fenceTries, 3)
  const isPatient = waitedMs < patienceMs
  if (!rates.isLagKnown && tail.unsynced + tail.unverified > 0 && isPatient)
    return 'it is not known yet how late the store shows writes'
  const hold = expectedHold(tail, rates)
  if (hold.totalMs <= Math.max(shortHoldMs, fenceBudgetMs * easyShare)) return undefined
  const isTight = hold.totalMs <= fenceBudgetMs * tightShare
  if (isTight && !isPatient) return undefined
  if (hold.byRows) {
    const left = tail.inflight + tail.unsynced + tail.unverified
    return `${left} record(s) written meanwhile have to be carried over first`
  }
  // By what a write of this moment would wait, so that the words stay while the last write gets older.
  const { activeLagMs, followerLagMs } = rates
  const late = `the store shows writes ${seconds(Math.max(activeLagMs, followerLagMs))} s late`
  const held = `writes would be held for about ${seconds(activeLagMs + followerLagMs + 2 * rates.roundMs)} s`
  if (isTight)
    return `${late}: ${held} of the ${seconds(fenceBudgetMs)} s that FENCE_BUDGET_MS allows; a quieter moment is waited for, ${seconds(patienceMs)} s at most`
  return `${late}: ${held}, too long for FENCE_BUDGET_MS (${fenceBudgetMs}); raise it, or it goes on in a quieter moment`
}

/**
 * How long a fence that is entered now would hold writes: until the last write shows in the active place and everything
 * is carried over, and then until that shows in the other place. A look may just miss it, once in each.
 */
function expectedHold(tail: Tail, rates: Rates): { readonly totalMs: number; readonly byRows: boolean } {
  const { activeLagMs, followerLagMs, rowsPerS, roundMs } = rates
  const [toCarry, toCompare] = [tail.inflight + tail.unsynced, tail.unverified]
  if (toCarry + toCompare === 0) return { totalMs: 0, byRows: false }
  // What is under way is as young as can be.
  const youngestMs = tail.inflight > 0 ? 0 : tail.youngestUnsyncedMs
  const showMs = Math.max(0, activeLagMs - youngestMs)
  const carryMs = (toCarry / rowsPerS) * 1000
  const compareMs = toCarry > 0 ? followerLagMs : Math.max(0, followerLagMs - tail.youngestUnverifiedMs)
  const carriedMs = toCarry > 0 ? Math.max(showMs, carryMs) : 0
  return { totalMs: carriedMs + compareMs + 2 * roundMs, byRows: toCarry > 0 && carryMs > activeLagMs + roundMs }
}

/** Whether a fence is kept to its end whatever the mover does: then nobody's writes need to wait for that. */
export function isInVain(tail: Tail, leftMs: number, storeVisibleMs: number): boolean {
  const unprovenMs = tail.unproven > 0 ? storeVisibleMs - tail.youngestUnsyncedMs : 0
  return tail.stuck > 0 || Math.max(tail.doubtMs, unprovenMs) > leftMs
}

/** How soon a fence looks again: quickly, but not so often while the store is late that it asks in vain. */
export function pollMs({ activeLagMs, followerLagMs }: Rates): number {
  return Math.min(50, Math.max(10, Math.max(activeLagMs, followerLagMs) / 40))
}

/** What kept a fence until its deadline, or would have, in words for a person. */
export function whatKept(tail: Tail): string {
  if (tail.inDoubt + tail.suspect > 0) return 'a write that got no answer from the store may still land'
  if (tail.inflight > 0) return `${tail.inflight} write(s) were still under way`
  if (tail.unsynced > 0) return `${tail.unsynced} record(s) did not show yet where they were written`
  if (tail.unverified > 0) return `${tail.unverified} record(s) did not show yet where they were carried to`
  return 'the mover came too late'
}

/** Whether the two places are equal in everything that was written: the last word before the switch. */
export function isTailDone(tail: Tail): boolean {
  const { inflight, inDoubt, unsynced, unverified, suspect, claimed } = tail
  return inflight + inDoubt + unsynced + unverified + suspect + claimed === 0
}

/** In half seconds, rounded up: words that change with every look would tell watchers of nothing. */
function seconds(ms: number): string {
  return String(Math.ceil(ms / 500) / 2)
}
