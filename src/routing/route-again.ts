import { eq } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { routing } from '../registry/routing.sql.ts'
import { tickRouting } from './change-routing.ts'

/**
 * Routes a formerly offboarded tenant to its new place. Its routing row still exists, and replicas may have cached it:
 * it is changed and ticked.
 */
export async function routeAgain(tx: Tx, tenantId: TenantId, placeId: number): Promise<void> {
  await tx.update(routing).set({ activePlaceId: placeId }).where(eq(routing.tenantId, tenantId))
  await tickRouting(tx, tenantId)
}
