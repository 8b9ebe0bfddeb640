import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'
import { indexes } from '../../registry/indexes.sql.ts'

/** `running`: it begins moves. `stopped`: by a person. `done`: every tenant of the index was moved or skipped. */
export type IndexReembedState = 'running' | 'stopped' | 'done'

/** A tenant without a move, and why. */
export interface SkippedTenant {
  readonly tenantId: TenantId
  readonly reason: string
}

/** All tenants of an index change their embedding model, one after another. */
export const indexReembeds = pgTable(
  'index_reembeds',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    indexId: bigint('index_id', { mode: 'number' })
      .notNull()
      .references(() => indexes.id),
    model: text('model').notNull(),
    /** Tokens after which no move begins for a day. */
    tokensPerDay: bigint('tokens_per_day', { mode: 'number' }).notNull(),
    /** As of each of its moves. */
    leaveBehind: integer('leave_behind').notNull().default(0),
    maxRecallLoss: doublePrecision('max_recall_loss'),
    state: text('state').$type<IndexReembedState>().notNull().default('running'),
    skipped: jsonb('skipped').$type<readonly SkippedTenant[]>().notNull().default([]),
    /** Until when a replica alone looks for its next move. */
    lookUntil: timestamp('look_until', { withTimezone: true }),
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (t) => [
    uniqueIndex('index_reembeds_one_running').on(t.indexId).where(sql`state = 'running'`),
    check('index_reembeds_state', sql`${t.state} in ('running', 'stopped', 'done')`),
    check('index_reembeds_ended', sql`(${t.state} = 'running') = (${t.endedAt} is null)`),
  ],
)
