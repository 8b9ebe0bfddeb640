import { eq, sql } from 'drizzle-orm'
import type { StaffPrincipal } from '../auth/principal.ts'
import type { Db, Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { appendAudit } from '../registry/audit.ts'
import { changeRouting } from '../registry/change-routing.ts'
import { places } from '../registry/places.sql.ts'
import { changeMove, type MoveRow } from './journal.ts'
import { isBeforeSwitch, isEnded } from './move-state.ts'
import { moves } from './moves.sql.ts'
import { readRouting } from './read-places.ts'
import { type MoveView, viewOf } from './show-move.ts'

interface Deps {
  readonly db: Db
}

/**
 * Before the switch: drop the target and go on with the source. The mover does it at its next step.
 * @throws AppError `not_found`, `conflict` when it is too late.
 */
export async function cancelMove({ db }: Deps, actor: StaffPrincipal, id: string): Promise<MoveView> {
  return steer(db, actor, id, 'move.cancel', async (tx, row) => {
    if (row.state === 'cancelling') return
    if (!isBeforeSwitch(row.state))
      throw tooLate(row, 'cancelled', row.state === 'soaking' ? 'Roll it back instead.' : '')
    await changeMove(tx, row, { request: 'cancel', notBefore: null })
  })
}

/**
 * After the switch: end the time in which it can be undone, and delete the source.
 * @throws AppError `not_found`, `conflict` unless the move soaks.
 */
export async function completeMove({ db }: Deps, actor: StaffPrincipal, id: string): Promise<MoveView> {
  return steer(db, actor, id, 'move.complete', async (tx, row) => {
    if (row.state === 'completing') return
    if (row.state !== 'soaking') throw tooLate(row, 'completed', isEnded(row.state) ? '' : 'It has not switched yet.')
    await changeMove(tx, row, { request: 'complete', notBefore: null })
  })
}

/**
 * After the switch: send reads and writes back to the source, in one conditional change of the routing.
 * @throws AppError `not_found`, `conflict` unless the move soaks, `rollback_refused` when something was written since
 *   the switch: the source lacks it.
 */
export async function rollbackMove({ db }: Deps, actor: StaffPrincipal, id: string): Promise<MoveView> {
  return steer(db, actor, id, 'move.rollback', async (tx, row) => {
    if (row.state === 'rolling_back') return
    if (row.state !== 'soaking')
      throw tooLate(row, 'rolled back', isBeforeSwitch(row.state) ? 'Cancel it instead.' : '')
    const { routing } = await readRouting(tx, row)
    if (routing.phase !== 'soak') throw new AppError('conflict', 'The move is changing right now. Try again.')
    const { active, follower, epoch } = routing
    await tx.update(places).set({ state: 'follower' }).where(eq(places.id, active.placeId))
    await tx.update(places).set({ state: 'active' }).where(eq(places.id, follower.placeId))
    const back = { phase: 'flip', activePlaceId: follower.placeId, followerPlaceId: active.placeId } as const
    // Who writes in soak notes it in this row first: if the note is not there now, nothing was sent or can be.
    const changed = await changeRouting(tx, row.tenantId, epoch, back, sql`not written_in_soak`)
    if (changed === undefined) {
      const words =
        'Something was written since the switch, and the old place lacks it: going back would lose it. The move can only be completed.'
      throw new AppError('rollback_refused', words)
    }
    // A new token: a mover that is just about to complete the move loses it here.
    await tx
      .update(moves)
      .set({ moverToken: sql`${moves.moverToken} + 1`, moverLeaseUntil: null })
      .where(eq(moves.id, row.id))
    const { tick: barrierTick } = changed
    await changeMove(tx, row, {
      state: 'rolling_back',
      barrierTick,
      switchedAt: sql`now()`,
      request: null,
      notBefore: null,
    })
  })
}

async function steer(
  db: Db,
  actor: StaffPrincipal,
  id: string,
  action: string,
  deed: (tx: Tx, row: MoveRow) => Promise<void>,
): Promise<MoveView> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select().from(moves).where(eq(moves.id, id)).for('update')
    if (row === undefined) throw new AppError('not_found', 'There is no such move.')
    await deed(tx, row)
    await appendAudit(tx, [{ actor: actor.subject, action, tenantId: row.tenantId, detail: { move: id } }])
    const [fresh] = await tx.select().from(moves).where(eq(moves.id, id))
    return viewOf(tx, fresh ?? row)
  })
}

function tooLate(row: MoveRow, deed: string, hint: string): AppError {
  return new AppError('conflict', `A move that is ${row.state.replace('_', ' ')} can't be ${deed}. ${hint}`.trim())
}
