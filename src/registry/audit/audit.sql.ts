import { bigint, index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'

/** Actions on tenants with their actor; appended in the action's own transaction, never changed. */
export const audit = pgTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
    /** The staff token's subject, or `system`. */
    actor: text('actor').notNull(),
    /** `tenant.create`, `tenant.tag`, `move.start`, … */
    action: text('action').notNull(),
    tenantId: text('tenant_id').$type<TenantId>(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [index('audit_tenant').on(t.tenantId, t.id)],
)
