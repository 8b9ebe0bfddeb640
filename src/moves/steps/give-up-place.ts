import { sql } from 'drizzle-orm'
import { AppError } from '../../errors.ts'
import { asMover, changeMove, type MoveRow } from '../state/move-history.ts'
import type { MoveState } from '../state/move-state.ts'
import { NeedsPerson } from '../state/stop-reason.ts'
import { purgePlace } from '../sweep/purge-place.ts'
import { endChangeLog } from '../switch/end-change-log.ts'
import { guardPurge } from '../switch/guard-loss.ts'
import { type MovePoint, next, type StepContext, type StepResult, wait } from '../sync/step.ts'

export interface GivenUp {
  /** Null: none was made. */
  readonly placeId: number | null
  readonly purged: MovePoint
  readonly state: (row: MoveRow) => MoveState
  /** Whether the place may be unreadable: that must not keep the tenant's writes in the change log. */
  readonly mayBeAway?: boolean
}

/**
 * The end of every move. It compares the abandoned place with the remaining one while the change log still tells what
 * the app deleted; then the log ends, and the place is purged at once.
 *
 * @throws NeedsPerson when the abandoned place has records that nobody deleted and the remaining one lacks.
 */
export async function giveUpPlace(
  context: StepContext,
  { placeId, purged, state, mayBeAway = false }: GivenUp,
): Promise<StepResult> {
  const { db, move } = context
  const isCompared = placeId !== null && (await compareFirst(context, placeId, mayBeAway))
  const kept = await endChangeLog(context)
  if (kept !== undefined) return kept
  const receipt = placeId === null ? null : await purgePlace(context, placeId, isCompared)
  if (receipt === undefined) return wait({ kind: 'deletion_not_shown' }, 500)
  await context.at(purged)
  await asMover(db, move, async (tx, row) => {
    await tx.execute(sql`delete from dirty where move_id = ${row.id}`)
    const ended = state(row)
    // A person who looks at a failed move wants to see why it failed.
    const error = ended === 'failed' ? row.error : null
    await changeMove(tx, row, { state: ended, request: null, gate: null, error }, { purged: receipt })
  })
  return next
}

async function compareFirst(context: StepContext, placeId: number, mayBeAway: boolean): Promise<boolean> {
  try {
    return await guardPurge(context, placeId)
  } catch (fault) {
    if (!mayBeAway || fault instanceof NeedsPerson || !(fault instanceof AppError)) throw fault
    return false
  }
}
