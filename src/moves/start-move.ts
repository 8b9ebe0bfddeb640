import { sql } from 'drizzle-orm'
import type { StaffPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import { lockProjects } from '../registry/projects.ts'
import { lockTenantRow } from '../registry/tenants.ts'
import { type MoveView, viewOf } from './show-move.ts'
import { appendEvent, movesChannel } from './state/move-history.ts'
import { moves } from './state/moves.sql.ts'
import { lookAhead, type WantedMove } from './target/plan-refusals.ts'
import { type ReserveSettings, reserveTarget } from './target/reserve-target.ts'
import { targetProjects } from './target/reserve-target-project.ts'

export interface StartMoveDeps {
  readonly db: Db
  readonly settings: ReserveSettings
}

/**
 * Queues a move; any replica's mover executes it when it has its turn. A `promote` takes a tenant from a shared index
 * to its own, a `demote` back into the fullest shared index with capacity, a `rebalance` from one shared index to
 * another, or to the named one. A promote's index counts from here on, so that no accepted move finds the project full.
 *
 * @throws AppError `not_found`, `tenant_not_ready`, `conflict` (it is in such a place already, is being offboarded, or
 *   no shared index has capacity), `move_in_progress` (naming the move), `index_limit_reached` before anything is made,
 *   `invalid_request` for a missing index.
 */
export async function startMove(
  { db, settings }: StartMoveDeps,
  actor: StaffPrincipal,
  input: WantedMove,
): Promise<MoveView> {
  const { tenantId, kind } = input
  return db.transaction(async (tx) => {
    await lockTenantRow(tx, tenantId)
    if (kind === 'promote') await lockProjects(tx, targetProjects(settings))
    const { source, wanted, refusals } = await lookAhead(tx, settings, input)
    const [refusal] = refusals
    if (refusal !== undefined) throw refusal
    const [row] = await tx
      .insert(moves)
      .values({
        tenantId,
        kind,
        state: 'queued',
        sourcePlaceId: source.place.id,
        wantedIndexId: wanted?.id ?? null,
        createdBy: actor.subject,
        // Not the transaction's time: moves that are queued together keep their order.
        createdAt: sql`clock_timestamp()`,
      })
      .returning()
    if (row === undefined) throw new Error('an insert returns its row')
    await appendEvent(tx, row.id, 'queued', { by: actor.subject })
    await appendAudit(tx, [{ actor, action: 'move.start', tenantId, detail: { move: row.id, kind } }])
    await tx.execute(sql`select pg_notify(${movesChannel}, ${row.id})`)
    const targetPlaceId = kind === 'promote' ? await reserveTarget(tx, row, settings) : null
    return viewOf(tx, { ...row, targetPlaceId })
  })
}
