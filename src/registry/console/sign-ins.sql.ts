import { integer, pgTable, text } from 'drizzle-orm/pg-core'

/** People who ended all their sessions in the console, and how often: a session holds for one count. */
export const consoleSignIns = pgTable('console_sign_ins', {
  subject: text('subject').primaryKey(),
  count: integer('count').notNull(),
})
