import { count } from 'drizzle-orm'
import type { Db } from '../db/connect.ts'
import { moveStates } from './state/move-state.ts'
import { moves } from './state/moves.sql.ts'

/** Moves by state, including states with none. */
export async function countMoves(db: Db): Promise<Readonly<Record<string, number>>> {
  const rows = await db.select({ state: moves.state, count: count() }).from(moves).groupBy(moves.state)
  const known = new Map(rows.map((row) => [row.state, row.count]))
  return Object.fromEntries(moveStates.map((state) => [state, known.get(state) ?? 0]))
}
