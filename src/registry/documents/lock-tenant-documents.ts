import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** Keeps document writers and the deletion of everything from starting concurrently. Ends with the transaction. */
export async function lockTenantDocuments(tx: Tx, tenantId: TenantId, mode: 'shared' | 'alone'): Promise<void> {
  const key = sql`hashtextextended(${`documents:${tenantId}`}, 0)`
  await tx.execute(
    mode === 'alone' ? sql`select pg_advisory_xact_lock(${key})` : sql`select pg_advisory_xact_lock_shared(${key})`,
  )
}
