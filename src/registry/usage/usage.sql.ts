import { bigint, date, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'
import { tenants } from '../tenants.sql.ts'

/** Requests and tokens of a tenant on a UTC day, reported by replicas once a minute: a crash loses up to a minute. */
export const tenantRequests = pgTable(
  'tenant_requests',
  {
    tenantId: text('tenant_id').$type<TenantId>().notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    requests: bigint('requests', { mode: 'number' }).notNull(),
    embeddingTokens: bigint('embedding_tokens', { mode: 'number' }).notNull().default(0),
    answerTokens: bigint('answer_tokens', { mode: 'number' }).notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.day] })],
)

/** A tenant's records at the store's last count. */
export const tenantSizes = pgTable('tenant_sizes', {
  tenantId: text('tenant_id')
    .$type<TenantId>()
    .primaryKey()
    .references(() => tenants.id, { onDelete: 'cascade' }),
  records: integer('records').notNull(),
  measuredAt: timestamp('measured_at', { withTimezone: true }).notNull().defaultNow(),
})
