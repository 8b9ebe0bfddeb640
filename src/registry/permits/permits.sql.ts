import { bigint, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'

const count = (name: string) => bigint(name, { mode: 'number' }).notNull()

/**
 * Permits of a tenant's quota granted to replicas in the present window. The columns after `granted` hold the last
 * request and its answer: `on conflict` can return only columns.
 */
export const ratePermits = pgTable(
  'rate_permits',
  {
    tenantId: text('tenant_id').$type<TenantId>().notNull(),
    policy: text('policy').notNull(),
    windowNo: count('window_no'),
    windowS: count('window_s'),
    granted: count('granted'),
    cap: count('cap'),
    used: count('used'),
    need: count('need'),
    want: count('want'),
    given: count('given'),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.policy] })],
)
