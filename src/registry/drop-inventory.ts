import { eq } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { documents } from './documents.sql.ts'

/** Forgets what a tenant had in the store; for when nothing of it is there any more. @returns how many documents. */
export async function dropInventory(tx: Tx, tenantId: TenantId): Promise<number> {
  const rows = await tx.delete(documents).where(eq(documents.tenantId, tenantId)).returning({ id: documents.id })
  return rows.length
}
