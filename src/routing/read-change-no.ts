import { eq } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { routing } from '../registry/routing.sql.ts'

/** The tick of the last change of the tenant's routing, for a barrier to wait for. 0 if there is none. */
export async function readChangeNo(tx: Tx, tenantId: TenantId): Promise<number> {
  const [row] = await tx.select({ changeNo: routing.changeNo }).from(routing).where(eq(routing.tenantId, tenantId))
  return row?.changeNo ?? 0
}
