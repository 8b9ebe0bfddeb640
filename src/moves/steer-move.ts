import { eq, sql } from 'drizzle-orm'
import type { StaffPrincipal } from '../auth/principal.ts'
import type { Db, Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import { type MoveView, viewOf } from './show-move.ts'
import { changeMove, type MoveRow } from './state/move-history.ts'
import { isBeforeSwitch } from './state/move-state.ts'
import { moves } from './state/moves.sql.ts'
import { readPlaces, readRouting } from './state/read-places.ts'
import { giveBack } from './sweep/purge-place.ts'

interface Deps {
  readonly db: Db
}

/**
 * Cancels a move before its cutover: drops the target and keeps the source. The mover does so at its next step; a move
 * that has not begun ends at once and returns its reserved index.
 * @throws AppError `not_found`, `conflict` when it is too late.
 */
export async function cancelMove({ db }: Deps, actor: StaffPrincipal, id: string, acceptLoss = 0): Promise<MoveView> {
  const deed = async (tx: Tx, row: MoveRow) => {
    if (row.state === 'cancelling') return
    if (!isBeforeSwitch(row.pausedState ?? row.state))
      throw tooLate(row, 'cancelled', row.state === 'soaking' ? 'Roll it back instead.' : '')
    if ((row.pausedState ?? row.state) === 'queued') return endQueued(tx, row)
    // A paused one needs no mover's word: it is resumed only to be cancelled.
    const cancelling = row.pausedState === null ? {} : ({ state: 'cancelling', pausedState: null } as const)
    await changeMove(tx, row, { request: 'cancel', notBefore: null, ...cancelling })
  }
  return steer(db, actor, id, 'move.cancel', deed, acceptLoss)
}

/** Cancels a move if it has not begun; one that has, or has ended, is left as it is. */
export async function cancelUnbegun({ db }: Deps, actor: StaffPrincipal, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.select().from(moves).where(eq(moves.id, id)).for('update')
    if (row?.state !== 'queued') return
    await endQueued(tx, row)
    await appendAudit(tx, [{ actor, action: 'move.cancel', tenantId: row.tenantId, detail: { move: id } }])
  })
}

/**
 * Completes a move after its cutover: ends the time for a rollback, and deletes the source.
 * @throws AppError `not_found`, `conflict` unless the move soaks.
 */
export async function completeMove({ db }: Deps, actor: StaffPrincipal, id: string, acceptLoss = 0): Promise<MoveView> {
  const deed = async (tx: Tx, row: MoveRow) => {
    if (row.state === 'completing') return
    if (row.state !== 'soaking')
      throw tooLate(row, 'completed', isBeforeSwitch(row.state) ? 'It has not switched yet.' : '')
    await changeMove(tx, row, { request: 'complete', notBefore: null })
  }
  return steer(db, actor, id, 'move.complete', deed, acceptLoss)
}

/**
 * Rolls a move back after its cutover: sends reads and writes back to the source, which has everything written since.
 * The mover does so, by the same fence as before.
 * @throws AppError `not_found`, `conflict` unless the move soaks.
 */
export async function rollbackMove({ db }: Deps, actor: StaffPrincipal, id: string, acceptLoss = 0): Promise<MoveView> {
  const deed = async (tx: Tx, row: MoveRow) => {
    if (row.state === 'rolling_back') return
    if (row.state !== 'soaking')
      throw tooLate(row, 'rolled back', isBeforeSwitch(row.state) ? 'Cancel it instead.' : '')
    await changeMove(tx, row, { request: 'rollback', notBefore: null })
  }
  return steer(db, actor, id, 'move.rollback', deed, acceptLoss)
}

/**
 * Pauses a move before its cutover, until `resumeMove`. Writes continue and are entered in the change log.
 * @throws AppError `not_found`, `conflict` during the cutover or after it.
 */
export async function pauseMove({ db }: Deps, actor: StaffPrincipal, id: string): Promise<MoveView> {
  return steer(db, actor, id, 'move.pause', async (tx, row) => {
    if (row.state === 'paused') return
    if (!isBeforeSwitch(row.state)) throw tooLate(row, 'paused', '')
    if ((await readRouting(tx, row)).phase === 'fence') {
      throw new AppError('conflict', 'The move is switching right now. Try again in a few seconds.', { retryAfterS: 5 })
    }
    await takeFromMover(tx, row)
    await changeMove(tx, row, { state: 'paused', pausedState: row.state })
  })
}

/** @throws AppError `not_found`, `conflict` unless the move is paused. */
export async function resumeMove(
  { db }: Deps,
  actor: StaffPrincipal,
  id: string,
  acceptLoss = 0,
  /** Whether it may switch although its recall is lower than it demands, or unknown. */
  acceptRecall = false,
): Promise<MoveView> {
  const deed = async (tx: Tx, row: MoveRow) => {
    if (row.state !== 'paused' || row.pausedState === null) throw tooLate(row, 'resumed', 'It is not paused.')
    const accepted = acceptRecall ? { recallAccepted: true } : {}
    await changeMove(tx, row, { state: row.pausedState, pausedState: null, gate: null, notBefore: null, ...accepted })
  }
  return steer(db, actor, id, 'move.resume', deed, acceptLoss, acceptRecall ? { acceptRecall } : {})
}

/**
 * Ends a queued move without calling the store, which holds nothing of it yet: an unavailable store must not keep its
 * index reserved.
 */
async function endQueued(tx: Tx, row: MoveRow): Promise<void> {
  await takeFromMover(tx, row)
  const { target } = await readPlaces(tx, row)
  if (target !== undefined) await giveBack(tx, target)
  await changeMove(tx, row, { state: 'cancelled', pausedState: null, request: null, notBefore: null })
}

/**
 * Takes the move from its mover by a new token: the mover stops at its next call to the registry. Until then, at most
 * until the end of its lease, it may still send: its claimed ids are suspect from now on, not only from the next
 * mover's start.
 */
async function takeFromMover(tx: Tx, row: MoveRow): Promise<void> {
  await tx
    .update(moves)
    .set({
      moverToken: sql`${moves.moverToken} + 1`,
      moverLeaseUntil: null,
      sendsUntil: sql`greatest(${moves.sendsUntil}, ${moves.moverLeaseUntil})`,
    })
    .where(eq(moves.id, row.id))
}

async function steer(
  db: Db,
  actor: StaffPrincipal,
  id: string,
  action: string,
  deed: (tx: Tx, row: MoveRow) => Promise<void>,
  /** Records that the person gives up; undefined for a verb that lets nothing go on. */
  acceptLoss?: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<MoveView> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select().from(moves).where(eq(moves.id, id)).for('update')
    if (row === undefined) throw new AppError('not_found', 'There is no such move.')
    await deed(tx, row)
    if (acceptLoss !== undefined) {
      const decided = { stopped: null, acceptedLoss: acceptLoss, notBefore: null }
      await tx.update(moves).set(decided).where(eq(moves.id, row.id))
    }
    const detail = { move: id, ...(acceptLoss ? { acceptLoss } : {}), ...more }
    await appendAudit(tx, [{ actor, action, tenantId: row.tenantId, detail }])
    const [fresh] = await tx.select().from(moves).where(eq(moves.id, id))
    return viewOf(tx, fresh ?? row)
  })
}

function tooLate(row: MoveRow, deed: string, hint: string): AppError {
  return new AppError('conflict', `A move that is ${row.state.replace('_', ' ')} can't be ${deed}. ${hint}`.trim())
}
