import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** Chunks of a tenant's stored documents that have not changed since `before` (Postgres's clock). */
export async function countUnchangedChunks(tx: Tx, tenantId: TenantId, before: string): Promise<number> {
  const [row] = await tx.execute<{ chunks: number }>(sql`
    select coalesce(sum(chunk_count), 0)::float8 as chunks from documents
    where tenant_id = ${tenantId} and state = 'ready' and updated_at < ${before}::timestamptz`)
  return row?.chunks ?? 0
}
