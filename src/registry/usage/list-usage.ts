import { and, asc, desc, eq, gt, gte, lt, lte, or, type SQL } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { isCustomer } from '../is-customer.ts'
import { latencyOf } from './latency.ts'
import { tenantRequests as usage } from './usage.sql.ts'

/** A tenant's usage on one UTC day, as reported by replicas once a minute. */
export type UsageRow = Omit<typeof usage.$inferSelect, 'latency'> & {
  /** Latency of served requests: upper bounds, so never too low. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

export interface UsageQuery {
  readonly tenantId?: TenantId | undefined
  /** Days as in `2026-11-21`, both inclusive. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** The last row of the previous page. */
  readonly after?: { readonly day: string; readonly tenantId: TenantId } | undefined
  readonly limit: number
}

/** Newest day first, then by tenant. */
export async function listUsageRows(
  tx: Tx,
  { tenantId, from, to, after, limit }: UsageQuery,
): Promise<readonly UsageRow[]> {
  const conditions: (SQL | undefined)[] = [
    tenantId ? eq(usage.tenantId, tenantId) : isCustomer(usage.tenantId),
    from === undefined ? undefined : gte(usage.day, from),
    to === undefined ? undefined : lte(usage.day, to),
    after && or(lt(usage.day, after.day), and(eq(usage.day, after.day), gt(usage.tenantId, after.tenantId))),
  ]
  const rows = await tx
    .select()
    .from(usage)
    .where(and(...conditions))
    .orderBy(desc(usage.day), asc(usage.tenantId))
    .limit(limit)
  return rows.map(({ latency, ...row }) => ({
    ...row,
    p50Ms: latencyOf(latency, 0.5),
    p99Ms: latencyOf(latency, 0.99),
  }))
}
