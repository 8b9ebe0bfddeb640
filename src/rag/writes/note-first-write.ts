import type { Db } from '../../db/connect.ts'
import type { AdoptedTenant } from '../../placement/phase.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { noteFirstWrite } from '../../registry/adopted-places.ts'
import { tickRouting } from '../../routing/change-routing.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'

/**
 * Prepares a write: notes an adopted tenant's first one before it is sent: the adoption can then no longer be undone. Where it was undone
 * a moment before, the tenant is not served any more, and the write finds that out when it begins.
 */
export async function beforeFirstWrite(
  { db, routes }: { readonly db: Db; readonly routes: TenantRoutes },
  tenantId: TenantId,
): Promise<AdoptedTenant | undefined> {
  const { adopted } = await routes.find(tenantId)
  if (adopted?.isUnwritten !== true) return adopted
  await db.transaction(async (tx) => {
    if (await noteFirstWrite(tx, tenantId)) await tickRouting(tx, tenantId)
  })
  await routes.catchUp()
  return adopted
}
