import type { StaffPrincipal } from '../../auth/principal.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { endMoveAfterRestore } from '../../moves/end-after-restore.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { type HeldRow, listHeld, routeTo, settleHeld } from '../../registry/found-places.ts'
import { revokeAllKeys } from '../../registry/keys/tenant-keys.ts'
import { insertOffboardings } from '../../registry/offboardings/offboardings.ts'
import { findPlace } from '../../registry/places.ts'
import { findLastRestore } from '../../registry/restores.ts'
import { lockTenantRow } from '../../registry/tenants.ts'
import { tickRouting } from '../../routing/change-routing.ts'
import { type FinishDeps, finishOffboarding } from '../../tenants/offboard/finish-offboarding.ts'
import { armCleanup } from '../../tenants/places/cleanups.ts'
import { freePlace } from '../../tenants/places/free-place.ts'
import { showTenant } from '../../tenants/show-tenant.ts'
import type { TenantView } from '../../tenants/tenant-view.ts'

export interface AcceptDeps extends FinishDeps {
  /** How long the places that were not chosen are kept. */
  readonly retentionMs: number
}

export interface Acceptance {
  /** The place to serve from; without it, the one that the store suggests. */
  readonly generation?: number | undefined
  /** Deletes the tenant, with all that the store has of it. */
  readonly offboard?: boolean | undefined
}

/**
 * Ends the hold of a tenant after a restore, by a person's word: it is served from a place that the store shows, or
 * deleted. Its other places are kept for the retention of moves, then deleted; those that the store lacks are given up. A
 * move that was under way when the backup was taken ends as failed.
 *
 * @throws AppError `not_found`; `conflict` when it is not held, was not compared with the store, has no such place
 *   there, or nothing is suggested; `invalid_request` for a generation beside `offboard`.
 */
export async function acceptTenant(
  deps: AcceptDeps,
  actor: StaffPrincipal,
  tenantId: TenantId,
  { generation, offboard = false }: Acceptance,
): Promise<TenantView> {
  if (offboard && generation !== undefined) {
    const message = 'give a generation or offboard, not both'
    throw new AppError('invalid_request', `generation: ${message}`, { faults: [{ path: 'generation', message }] })
  }
  await deps.db.transaction(async (tx) => {
    const tenant = await lockTenantRow(tx, tenantId)
    if (tenant === undefined) throw new AppError('not_found', 'There is no such tenant.')
    const row = await heldRow(tx, tenantId)
    if (row === undefined) throw new AppError('conflict', `The tenant is ${tenant.status}, and not held.`)
    if (row.held.verdict === 'unchecked') {
      const words = 'The tenant was not compared with the store yet: tenant-router reconcile --from-store'
      throw new AppError('conflict', words)
    }
    await endMoveAfterRestore(tx, tenantId)
    const shown = row.places.map(({ index, generation: of, isSeen, records }) => ({
      index,
      generation: of,
      isSeen,
      records,
    }))
    const before = { status: 'held', ...row.held, places: shown }
    if (offboard) {
      await settleHeld(tx, tenantId, { status: 'offboarding' })
      await insertOffboardings(tx, [tenantId], actor.subject, false)
      await revokeAllKeys(tx, tenantId)
      await appendAudit(tx, [{ actor, action: 'tenant.offboard', tenantId, before, after: { status: 'offboarding' } }])
    } else {
      const place = chosen(row, generation)
      await serveFrom(tx, row, place.id, deps.retentionMs)
      const status = row.held.was === 'suspended' ? 'suspended' : 'active'
      // Of a former tenant's id: what the registry has of its earlier life stays there.
      const isNewLife = row.held.was === null || row.held.was === 'offboarded'
      await settleHeld(tx, tenantId, { status, ...(isNewLife && { firstGeneration: place.generation }) })
      const after = { status, index: place.index, generation: place.generation }
      await appendAudit(tx, [{ actor, action: 'tenant.accept', tenantId, before, after }])
    }
    await tickRouting(tx, tenantId)
  })
  // A fault is logged by the background; the next sweep takes it up.
  if (offboard) void finishOffboarding(deps, tenantId).catch(() => undefined)
  return showTenant(deps, tenantId)
}

async function heldRow(tx: Tx, only: TenantId): Promise<HeldRow | undefined> {
  const restore = await findLastRestore(tx)
  const [row] = await listHeld(tx, { after: '', limit: 1, since: restore?.restoredAt ?? new Date(0), only })
  return row
}

function chosen({ held, places }: HeldRow, generation = held.generation): HeldRow['places'][number] {
  if (generation === undefined) {
    const words = 'The store suggests no place. Name one with its generation, or offboard the tenant.'
    throw new AppError('conflict', words)
  }
  const place = places.find((one) => one.generation === generation)
  if (place?.isSeen !== true || place.state === 'retiring') {
    const there = places.flatMap(({ isSeen, generation: of, index }) => (isSeen ? [`${of} in ${index}`] : []))
    const words = `The store shows no such place of the tenant. It shows: ${there.join(', ') || 'none'}.`
    throw new AppError('conflict', words)
  }
  return place
}

/** Makes one place the tenant's, and gives up the others. */
async function serveFrom(tx: Tx, { id, places }: HeldRow, placeId: number, retentionMs: number): Promise<void> {
  const others = places.filter((one) => one.id !== placeId)
  await routeTo(
    tx,
    id,
    placeId,
    others.map((one) => one.id),
  )
  for (const { id: otherId, isSeen } of others) {
    const place = await findPlace(tx, otherId)
    if (place === undefined) continue
    if (isSeen) await armCleanup(tx, otherId, retentionMs)
    else await freePlace(tx, place)
  }
}
