import { type Send, sendUnlisted } from '../../routing/write-log/tenant-write.ts'
import { also, untouched, type WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import { HandledIds, moveEnded } from './handled-ids.ts'
import { type MovingPlace, movingPlace } from './moving-place.ts'
import type { WriteKit } from './write-kit.ts'

/** One pass by id over a place of a move. `isElsewhere`: the tenant has left the place, or moves no longer. */
export interface PassEnd {
  readonly outcome: WriteOutcome
  readonly isElsewhere: boolean
}

export interface UnlistedWrite {
  /** The store's own operation, at rest. */
  readonly atRest: Send
  /** Waits for a turn before each attempt, where the store limits them. */
  readonly turn?: () => Promise<WriteOutcome>
  /** Writes by id what it finds in the place, without `handled`, and adds to that what it wrote. */
  readonly pass: (place: MovingPlace, handled: HandledIds) => Promise<PassEnd>
}

/**
 * Runs a write that cannot name its records: by the store's own operation at rest, by id while the tenant moves. When
 * the tenant cuts over in between, it starts over where the tenant lives (docs/moves.md R3), and writes no record twice.
 * When the move ends after it has written by id, it stops with a fault: the store's own operation would reach those
 * records again.
 */
export async function acrossPhases(kit: WriteKit, { atRest, turn, pass }: UnlistedWrite): Promise<WriteOutcome> {
  const handled = new HandledIds()
  let outcome: WriteOutcome = untouched()
  for (;;) {
    const mayGo = await turn?.()
    if (mayGo?.fault !== undefined) return also(outcome, mayGo)
    if (handled.isEmpty) {
      const sent = await sendUnlisted(kit.gate, kit.tenantId, atRest)
      if (sent !== 'moving') return also(outcome, sent)
    }
    const place = await movingPlace(kit).catch(untouched)
    if (place === undefined && handled.isEmpty) continue
    if (place === undefined) return also(outcome, untouched(moveEnded()))
    if ('kind' in place) return also(outcome, place)
    const byId = await pass(place, handled)
    outcome = also(outcome, byId.outcome)
    if (!byId.isElsewhere) return outcome
  }
}
