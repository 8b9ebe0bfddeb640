import { eq } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { ratePermits } from './permits.sql.ts'

/** Permits granted for a tenant's quotas, by policy, each in the last window with any request. */
export async function readPermits(
  tx: Tx,
  tenantId: TenantId,
): Promise<ReadonlyMap<string, { readonly windowNo: number; readonly granted: number }>> {
  const rows = await tx.select().from(ratePermits).where(eq(ratePermits.tenantId, tenantId))
  return new Map(rows.map(({ policy, windowNo, granted }) => [policy, { windowNo, granted }]))
}
