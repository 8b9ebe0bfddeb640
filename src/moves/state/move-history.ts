import { createHash } from 'node:crypto'
import { desc, eq, sql } from 'drizzle-orm'
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core'
import { canonicalJson } from '../../canonical-json.ts'
import type { Db, Tx } from '../../db/connect.ts'
import type { Waiting } from './gate.ts'
import { gateWords } from './gate-words.ts'
import { isEnded, type MoveState } from './move-state.ts'
import { moveEvents, moves } from './moves.sql.ts'

/** A move's row in the registry. */
export type MoveRow = typeof moves.$inferSelect

/** Channel that announces changed moves to movers and watchers; the payload is the move's id. */
export const movesChannel = 'moves'

/** Another mover has taken the move over: the previous one stops silently. */
export class LostMove extends Error {
  override readonly name = 'LostMove'
}

/** A transaction's changes of a move's row. `gate: null`: it waits for nothing any more; `noteGate` sets a gate. */
export type MoveChange = Omit<PgUpdateSetSource<typeof moves>, 'id' | 'moverToken' | 'gate' | 'waiting'> & {
  readonly state?: MoveState
  readonly gate?: null
}

/**
 * Runs a transaction that holds the move's row, as the mover with this token and no other (docs/moves.md I9).
 * @throws LostMove when the token is no longer current.
 */
export async function asMover<T>(db: Db, move: MoveRow, work: (tx: Tx, row: MoveRow) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select().from(moves).where(eq(moves.id, move.id)).for('update')
    if (row === undefined || row.moverToken !== move.moverToken) throw new LostMove(`move ${move.id} has another mover`)
    return work(tx, row)
  })
}

/**
 * Changes the row inside `asMover`, adds an event when the state changes, and notifies waiting movers and watchers. A
 * move in a new state has no gate yet.
 */
export async function changeMove(
  tx: Tx,
  row: MoveRow,
  change: MoveChange,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const state = change.state ?? row.state
  const isPassed = change.gate === null || state !== row.state
  await tx
    .update(moves)
    .set({
      ...change,
      updatedAt: sql`now()`,
      ...(isPassed && { gate: null, waiting: null }),
      ...(isEnded(state) && { endedAt: sql`now()` }),
    })
    .where(eq(moves.id, row.id))
  if (isEnded(state) && row.vectorsFrom !== null)
    await tx.execute(sql`delete from vector_files where id = ${row.vectorsFrom}`)
  if (isEnded(state)) await tx.execute(sql`delete from copied_pages where move_id = ${row.id}`)
  if (state !== row.state) await appendEvent(tx, row.id, state, detail)
  await tx.execute(sql`select pg_notify(${movesChannel}, ${row.id})`)
}

/** Stores the move's gate in its row, and notifies watchers. */
export async function setWaiting(tx: Tx, row: MoveRow, waiting: Waiting): Promise<void> {
  await tx
    .update(moves)
    .set({ waiting, gate: gateWords(waiting.gate), updatedAt: sql`now()` })
    .where(eq(moves.id, row.id))
  await tx.execute(sql`select pg_notify(${movesChannel}, ${row.id})`)
}

/** Appends to the move's history; each hash covers the one before, so a changed row is detectable. */
export async function appendEvent(
  tx: Tx,
  moveId: string,
  state: MoveState,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const [last] = await tx
    .select({ hash: moveEvents.hash })
    .from(moveEvents)
    .where(eq(moveEvents.moveId, moveId))
    .orderBy(desc(moveEvents.id))
    .limit(1)
  const hash = createHash('sha256')
    .update(canonicalJson([last?.hash ?? '', moveId, state, detail]))
    .digest('hex')
  await tx.insert(moveEvents).values({ moveId, state, detail, hash })
}
