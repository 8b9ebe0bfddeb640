import { eq } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { documents } from '../documents.sql.ts'
import { dropAllUploads } from '../uploads/uploads.ts'

/** Forgets what a tenant had in the store or on its way there; for when nothing is left. @returns how many documents. */
export async function dropInventory(tx: Tx, tenantId: TenantId): Promise<number> {
  await dropAllUploads(tx, tenantId)
  const rows = await tx.delete(documents).where(eq(documents.tenantId, tenantId)).returning({ id: documents.id })
  return rows.length
}
