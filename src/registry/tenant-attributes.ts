import { eq } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { tenants } from './tenants.sql.ts'

/** A tenant's attributes, set by staff; empty for an unknown tenant. */
export async function tenantAttributes(
  tx: Tx,
  id: TenantId,
): Promise<Readonly<Record<string, string | number | boolean>>> {
  const [row] = await tx.select({ attributes: tenants.attributes }).from(tenants).where(eq(tenants.id, id))
  return row?.attributes ?? {}
}
