import { and, eq, isNull } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { moves } from '../moves/state/moves.sql.ts'
import type { TenantId } from '../placement/tenant-id.ts'

/**
 * Refuses while a move is open. Call it under the tenant's lock (`lockTenant`), which `startMove` takes too: no move
 * begins until this transaction ends.
 * @throws AppError `move_in_progress` that names the open move.
 */
export async function refuseWhileMoving(tx: Tx, tenantId: TenantId): Promise<void> {
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
