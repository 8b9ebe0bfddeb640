import { sql } from 'drizzle-orm'
import { boolean, check, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'
import { tenants } from '../../registry/tenants.sql.ts'

/** Advice from the last look at all tenants; `since` stays while the advice is unchanged. */
export const advice = pgTable(
  'advice',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .primaryKey()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    advice: text('advice').$type<'promote' | 'demote'>().notNull(),
    reasons: jsonb('reasons').$type<readonly string[]>().notNull(),
    since: timestamp('since', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [check('advice_kind', sql`${t.advice} in ('promote', 'demote')`)],
)

/** A single row: when all tenants were last looked at. */
export const adviceLook = pgTable(
  'advice_look',
  {
    one: boolean('one').primaryKey().default(true),
    lookedAt: timestamp('looked_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [check('advice_look_one_row', sql`${t.one}`)],
)
