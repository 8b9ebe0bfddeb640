import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Rounds of background work that one replica runs at a time; a row stands while one does. */
export const roundLeases = pgTable('round_leases', {
  name: text('name').primaryKey(),
  /** The run that holds it: a replica may lose a lease and take it again. */
  holder: uuid('holder').notNull(),
  until: timestamp('until', { withTimezone: true }).notNull(),
})
