import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import type { Tier } from '../../placement/placement.ts'

/** The last event of each account that a CRM told of and a tenant has: earlier ones and repeats change nothing. */
export const crmMarks = pgTable(
  'crm_marks',
  {
    source: text('source').notNull(),
    account: text('account').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    event: text('event').notNull(),
    tag: text('tag').$type<Tier>().notNull(),
    /** The tenant's `tier_since` after the event; another one says that somebody else has tagged it since. */
    tierSince: timestamp('tier_since', { withTimezone: true }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.source, t.account] })],
)
