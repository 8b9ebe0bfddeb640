import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { SignedIsolationReport } from '../../evidence/isolation-report.ts'

/** `broken`: the run itself failed and says nothing of isolation. */
export type IsolationRunState = 'queued' | 'running' | 'passed' | 'failed' | 'inconclusive' | 'broken'

/** The wishes of whoever started a run. */
export interface IsolationOptions {
  /** Promote a canary and roll it back, and ask before, in between and after; this makes an index. */
  readonly move: boolean
  /** Customers with an index of their own that canaries name, at most. */
  readonly silos: number
}

/** Runs of `prove-isolation` with their reports. A failed one freezes all moves until a person thaws it. */
export const isolationRuns = pgTable(
  'isolation_runs',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    state: text('state').$type<IsolationRunState>().notNull().default('queued'),
    options: jsonb('options').$type<IsolationOptions>().notNull(),
    /** The staff token's subject, or `system:isolation` for the schedule. */
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    startedAt: timestamp('started_at', { withTimezone: true }),
    endedAt: timestamp('ended_at', { withTimezone: true }),
    /** Raised by each claim: a replica whose claim was lost changes nothing any more. */
    claim: integer('claim').notNull().default(0),
    leaseUntil: timestamp('lease_until', { withTimezone: true }),
    /** The present step in words, for who waits. */
    step: text('step').notNull().default('waits for a replica'),
    report: jsonb('report').$type<SignedIsolationReport>(),
    /** Why it broke. */
    fault: text('fault'),
    thawedAt: timestamp('thawed_at', { withTimezone: true }),
    thawedBy: text('thawed_by'),
  },
  (t) => [
    check(
      'isolation_runs_state',
      sql`${t.state} in ('queued', 'running', 'passed', 'failed', 'inconclusive', 'broken')`,
    ),
    uniqueIndex('isolation_runs_one_open').on(sql`(true)`).where(sql`ended_at is null`),
    index('isolation_runs_frozen').on(t.createdAt).where(sql`state = 'failed' and thawed_at is null`),
    index('isolation_runs_created').on(t.createdAt, t.id),
  ],
)
