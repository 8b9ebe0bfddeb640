import { count, isNotNull, sql } from 'drizzle-orm'
import type { Db } from '../db/connect.ts'
import { gateKinds } from './state/gate.ts'
import { moveStates } from './state/move-state.ts'
import { moves } from './state/moves.sql.ts'

type Counts = Readonly<Record<string, number>>

/** The numbers of moves that a scrape reads. */
export function moveCounts(db: Db) {
  return { movesByState: () => countMoves(db), movesByGate: () => countWaitingMoves(db) }
}

/** Moves by state, including states with none. */
async function countMoves(db: Db): Promise<Counts> {
  const rows = await db.select({ name: moves.state, count: count() }).from(moves).groupBy(moves.state)
  return allOf(moveStates, rows)
}

/** Moves by the kind of the gate that they wait at, including kinds with none. */
async function countWaitingMoves(db: Db): Promise<Counts> {
  const kind = sql<string>`waiting->'gate'->>'kind'`
  const rows = await db.select({ name: kind, count: count() }).from(moves).where(isNotNull(moves.waiting)).groupBy(kind)
  return allOf(gateKinds, rows)
}

function allOf(names: readonly string[], rows: readonly { readonly name: string; readonly count: number }[]): Counts {
  const known = new Map(rows.map((row) => [row.name, row.count]))
  return Object.fromEntries(names.map((name) => [name, known.get(name) ?? 0]))
}
