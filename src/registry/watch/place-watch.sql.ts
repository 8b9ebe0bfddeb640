import { bigint, boolean, integer, pgTable, timestamp } from 'drizzle-orm/pg-core'
import { places } from '../places.sql.ts'

/**
 * The watch for writes that others make to an adopted place. Replicas report their own writes here; a look at the store
 * that shows a later sequence number than theirs, or another count, is a suspicion.
 */
export const placeWatch = pgTable('place_watch', {
  placeId: bigint('place_id', { mode: 'number' })
    .primaryKey()
    .references(() => places.id, { onDelete: 'cascade' }),
  /** The highest sequence number of a router's write, and when one was last reported. */
  ownLsn: bigint('own_lsn', { mode: 'number' }),
  ownAt: timestamp('own_at', { withTimezone: true }),
  /** A router's write whose sequence number is not known: the next look begins anew. */
  isUnsure: boolean('is_unsure').notNull().default(false),
  /** The last look. */
  seenLsn: bigint('seen_lsn', { mode: 'number' }),
  seenRecords: bigint('seen_records', { mode: 'number' }),
  seenAt: timestamp('seen_at', { withTimezone: true }),
  /** A number above ours that waits for the reports of slower replicas. */
  pendingLsn: bigint('pending_lsn', { mode: 'number' }),
  pendingAt: timestamp('pending_at', { withTimezone: true }),
  suspicions: integer('suspicions').notNull().default(0),
})
