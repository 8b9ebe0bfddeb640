import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { moves } from '../moves/moves.sql.ts'
import type { TenantId } from '../placement/tenant-id.ts'

/**
 * Keeps a move of the tenant from being started until the transaction ends: `startMove` takes the same lock.
 * @throws AppError `move_in_progress` naming the move that is open already.
 */
export async function refuseWhileMoving(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`move of ${tenantId}`}, 0))`)
  const [open] = await tx
    .select({ id: moves.id })
    .from(moves)
    .where(and(eq(moves.tenantId, tenantId), isNull(moves.endedAt)))
  if (open === undefined) return
  throw new AppError(
    'move_in_progress',
    `The tenant has an open move: ${open.id}. Complete, roll back or cancel it first.`,
  )
}
