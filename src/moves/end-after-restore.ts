import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { changeMove } from './state/move-history.ts'
import { moves } from './state/moves.sql.ts'

/**
 * Ends the open move of a tenant whose place a person named after a restore: nobody knows how far the move came. Its
 * change log says nothing about the store any more.
 */
export async function endMoveAfterRestore(tx: Tx, tenantId: TenantId): Promise<void> {
  const [row] = await tx
    .select()
    .from(moves)
    .where(and(eq(moves.tenantId, tenantId), isNull(moves.endedAt)))
    .for('update')
  if (row === undefined) return
  const error = 'The registry was restored from a backup while the tenant was being moved.'
  await changeMove(tx, row, { state: 'failed', error, request: null, stopped: null, moverLeaseUntil: null })
  await tx.execute(sql`delete from dirty where move_id = ${row.id}`)
}
