import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { freeCapacity } from '../../registry/indexes.ts'
import { erasePlace, hasPlaces, type PlaceRow } from '../../registry/places.ts'
import { changeStatus, deleteTenant, lockTenantRow } from '../../registry/tenants.ts'
import { eraseCleanup } from './cleanups.ts'

/**
 * Undoes an onboarding that has no place: the id returns to unused, or to its state before. Only for a tenant that is
 * still being provisioned; the mover handles a move's places.
 */
export async function withdrawTenant(tx: Tx, place: PlaceRow): Promise<void> {
  const tenant = await lockTenantRow(tx, place.tenantId)
  if (tenant?.status !== 'provisioning') return
  if (!(await eraseCleanup(tx, place.id))) return
  await erasePlace(tx, place.id)
  await freeCapacity(tx, place.indexId, false)
  await dropTenant(tx, place.tenantId)
}

/** Settles the row, locked by the caller, of a tenant that gets no place. */
export async function dropTenant(tx: Tx, tenantId: TenantId): Promise<void> {
  if (await hasPlaces(tx, tenantId)) await changeStatus(tx, [tenantId], 'provisioning', 'offboarded')
  else await deleteTenant(tx, tenantId)
  await appendAudit(tx, [{ actor: 'system', action: 'tenant.withdraw', tenantId }])
}
