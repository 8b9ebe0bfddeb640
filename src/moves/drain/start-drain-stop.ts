import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { StaffPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { setDraining } from '../../registry/indexes.ts'
import { places } from '../../registry/places.sql.ts'
import type { StartMoveDeps } from '../start-move.ts'
import { changeMove } from '../state/move-history.ts'
import { moves } from '../state/moves.sql.ts'
import { namedIndex } from '../target/reserve-target-project.ts'

/** The result of stopping a drain. */
export interface StoppedDrain {
  readonly index: string
  /** Rebalances out of it that had not begun; those under way continue. */
  readonly cancelled: readonly string[]
}

/**
 * Reopens a shared index that was being drained, and cancels the rebalances out of it that have not begun.
 * @throws AppError `not_found`, `conflict` when it is not being drained.
 */
export async function stopDrain(
  { db, settings }: StartMoveDeps,
  actor: StaffPrincipal,
  name: string,
): Promise<StoppedDrain> {
  return db.transaction(async (tx) => {
    const index = await namedIndex(tx, settings, name)
    if (index === undefined) throw new AppError('not_found', 'There is no such index.')
    if (!index.draining) throw new AppError('conflict', `Index ${name} is not being drained.`)
    const here = tx.select({ id: places.id }).from(places).where(eq(places.indexId, index.id))
    const waiting = await tx
      .select()
      .from(moves)
      .where(
        and(
          ...[eq(moves.state, 'queued'), eq(moves.kind, 'rebalance'), isNull(moves.request)],
          inArray(moves.sourcePlaceId, here),
        ),
      )
      .orderBy(sql`created_at`)
      .for('update')
    for (const row of waiting) await changeMove(tx, row, { request: 'cancel', notBefore: null })
    await setDraining(tx, index.id, false)
    await appendAudit(tx, [{ actor, action: 'index.drain_stop', detail: { index: name } }])
    return { index: name, cancelled: waiting.map((row) => row.id) }
  })
}
