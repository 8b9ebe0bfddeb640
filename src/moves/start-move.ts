import { and, eq, isNull, sql } from 'drizzle-orm'
import type { StaffPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { appendAudit } from '../registry/audit.ts'
import { readRoute } from '../registry/read-route.ts'
import { lockTenant } from '../registry/tenants.ts'
import { refuseOverLimit } from './index-limit.ts'
import { appendEvent, movesChannel } from './journal.ts'
import type { MoveKind } from './move-state.ts'
import { moves } from './moves.sql.ts'
import { type MoveView, viewOf } from './show-move.ts'
import type { MoveSettings } from './step.ts'

interface Deps {
  readonly db: Db
  readonly settings: Pick<MoveSettings, 'project' | 'projectIndexLimit'>
}

/**
 * Queues a move; any replica's mover carries it out.
 *
 * @throws AppError `not_found`, `tenant_not_ready`, `conflict` (it is in an index of its own already),
 *   `move_in_progress` (naming the move), `index_limit_reached` before anything is made, `invalid_request` for a kind
 *   that this version does not offer.
 */
export async function startMove(
  { db, settings }: Deps,
  actor: StaffPrincipal,
  input: { readonly tenantId: TenantId; readonly kind: MoveKind },
): Promise<MoveView> {
  const { tenantId, kind } = input
  if (kind !== 'promote') {
    const message = `this version only offers 'promote'`
    throw new AppError('invalid_request', `A move of kind '${kind}' is not offered.`, {
      faults: [{ path: 'kind', message }],
    })
  }
  return db.transaction(async (tx) => {
    await lockTenant(tx, tenantId)
    const lookup = await readRoute(tx, tenantId)
    if ('missing' in lookup) {
      if (lookup.missing === 'provisioning')
        throw new AppError('tenant_not_ready', 'The tenant is still being set up.', { retryAfterS: 2 })
      throw new AppError('not_found', 'There is no such tenant.')
    }
    const { route } = lookup.found
    const [open] = await tx
      .select({ id: moves.id })
      .from(moves)
      .where(and(eq(moves.tenantId, tenantId), isNull(moves.endedAt)))
    if (open !== undefined) {
      throw new AppError(
        'move_in_progress',
        `The tenant has an open move: ${open.id}. Complete, roll back or cancel it first.`,
      )
    }
    if (route.status === 'offboarding') throw new AppError('conflict', 'The tenant is being offboarded.')
    if (route.routing.active.kind === 'silo')
      throw new AppError('conflict', 'The tenant has an index of its own already.')
    await refuseOverLimit(tx, settings.project, settings.projectIndexLimit)
    const [row] = await tx
      .insert(moves)
      .values({
        tenantId,
        kind,
        state: 'queued',
        sourcePlaceId: route.routing.active.placeId,
        createdBy: actor.subject,
      })
      .returning()
    if (row === undefined) throw new Error('an insert returns its row')
    await appendEvent(tx, row.id, 'queued', { by: actor.subject })
    await appendAudit(tx, [{ actor: actor.subject, action: 'move.start', tenantId, detail: { move: row.id, kind } }])
    await tx.execute(sql`select pg_notify(${movesChannel}, ${row.id})`)
    return viewOf(tx, row)
  })
}
