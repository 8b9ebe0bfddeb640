import { and, eq, lt, sql } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import { routing } from '../../registry/routing.sql.ts'
import { moves } from '../state/moves.sql.ts'
import { openFence } from '../switch/cutover.ts'

/**
 * Opens every fence that is past its deadline; any replica does so, without the mover (docs/moves.md L1).
 * @returns how many were opened.
 */
export async function reopenFences(db: Db): Promise<number> {
  const overdue = await db
    .select({ moveId: routing.moveId })
    .from(routing)
    .where(and(eq(routing.phase, 'fence'), lt(routing.fenceDeadline, sql`clock_timestamp()`)))
  for (const { moveId } of overdue) {
    if (moveId === null) continue
    await db.transaction(async (tx) => {
      const [row] = await tx.select().from(moves).where(eq(moves.id, moveId)).for('update')
      if (row !== undefined) await openFence(tx, row)
    })
  }
  return overdue.length
}
