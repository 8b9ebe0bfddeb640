import { integer, jsonb, pgTable, timestamp, uuid } from 'drizzle-orm/pg-core'
import { moves } from '../state/moves.sql.ts'
import type { PassSoFar } from './comparison.ts'
import type { RangeDigest } from './range-digests.ts'

/** The long part of a move's verification, which is not needed while it runs. */
export const moveReports = pgTable('move_reports', {
  moveId: uuid('move_id')
    .primaryKey()
    .references(() => moves.id),
  rangeSize: integer('range_size').notNull(),
  ranges: jsonb('ranges').$type<readonly RangeDigest[]>().notNull(),
  verifiedAt: timestamp('verified_at', { withTimezone: true }).notNull().defaultNow(),
})

/** Progress of the pass over all records: a mover that takes the move over continues there. */
export const movePasses = pgTable('move_passes', {
  moveId: uuid('move_id')
    .primaryKey()
    .references(() => moves.id),
  progress: jsonb('progress').$type<PassSoFar>().notNull(),
})
