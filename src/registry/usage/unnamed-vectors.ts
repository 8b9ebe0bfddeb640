import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** Requests of a tenant in the last seven days whose vectors named no model. A replica reports them a minute late. */
export async function countUnnamedVectors(tx: Tx, tenantId: TenantId): Promise<number> {
  const [row] = await tx.execute<{ requests: number }>(sql`
    select coalesce(sum(unnamed_vectors), 0)::int as requests from tenant_requests
    where tenant_id = ${tenantId} and day > (now() at time zone 'utc')::date - 7`)
  return row?.requests ?? 0
}
