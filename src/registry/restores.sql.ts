import { bigint, pgTable, timestamp } from 'drizzle-orm/pg-core'

/** Restores of the registry from a backup. Until the store was compared, no tenant is onboarded. */
export const restores = pgTable('restores', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  restoredAt: timestamp('restored_at', { withTimezone: true }).notNull().defaultNow(),
  checkedAt: timestamp('checked_at', { withTimezone: true }),
})
