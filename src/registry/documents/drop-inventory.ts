import { eq } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { documents } from '../documents.sql.ts'
import { dropInventoryRun } from '../inventory/app-documents.ts'
import { dropAllUploads } from '../uploads/uploads.ts'

/** Deletes a tenant's inventory and uploads, once the store holds nothing of it. @returns the number of documents. */
export async function dropInventory(tx: Tx, tenantId: TenantId): Promise<number> {
  await dropAllUploads(tx, tenantId)
  await dropInventoryRun(tx, tenantId)
  const rows = await tx.delete(documents).where(eq(documents.tenantId, tenantId)).returning({ id: documents.id })
  return rows.length
}
