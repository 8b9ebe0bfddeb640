import type { Tail } from './dirty-ledger.ts'

/** What the choice to enter the fence looks at. */
export interface FenceSituation {
  readonly tail: Tail
  /** Living replicas that have not taken notice of the last change. */
  readonly behind: number
}

/** Rows that can be carried over and compared well within a fence. */
const smallTail = 200

/** The gate that keeps a move from entering the fence, in words for a person; undefined when it may enter. */
export function fenceGate({ tail, behind }: FenceSituation): string | undefined {
  if (behind > 0) return `${behind} replica(s) still work by the routing from before the last change`
  if (tail.inDoubt > 0) return `${tail.inDoubt} write(s) that got no answer from the store may still land`
  if (tail.stuck > 0) return `${tail.stuck} write(s) are under way for long, or their writer is gone`
  if (tail.suspect > 0)
    return `${tail.suspect} record(s) of the target may still be reached by a late write of the mover`
  if (tail.unproven > 0) return `${tail.unproven} record(s) wait until the store is known to show their last write`
  if (tail.claimed > 0) return 'a batch is being written to the target'
  const left = tail.unsynced + tail.unverified + tail.inflight
  if (left > smallTail) return `${left} record(s) written meanwhile have to be carried over first`
  return undefined
}

/** Whether the two places are equal in everything that was written: the last word before the switch. */
export function isTailDone(tail: Tail): boolean {
  const { inflight, inDoubt, unsynced, unverified, suspect, claimed } = tail
  return inflight + inDoubt + unsynced + unverified + suspect + claimed === 0
}
