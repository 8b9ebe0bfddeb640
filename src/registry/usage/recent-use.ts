import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** The vendor's units that a tenant used lately. */
export interface RecentUse {
  /** Days with a count, up to 30, today among them; 0: nothing was counted yet. */
  readonly days: number
  readonly readUnits: number
  readonly writeUnits: number
}

/** Units of the last 30 days. Days before its first count don't dilute them: it may be new. */
export async function readRecentUse(tx: Tx, tenantId: TenantId): Promise<RecentUse> {
  const [row] = await tx.execute<{ days: number; reads: number; writes: number }>(sql`
    select coalesce((now() at time zone 'utc')::date - min(day) + 1, 0)::int as days,
      coalesce(sum(read_units), 0)::float8 as reads, coalesce(sum(write_units), 0)::float8 as writes
    from tenant_requests
    where tenant_id = ${tenantId} and day > (now() at time zone 'utc')::date - 30`)
  return { days: row?.days ?? 0, readUnits: row?.reads ?? 0, writeUnits: row?.writes ?? 0 }
}
