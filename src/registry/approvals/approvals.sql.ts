import { sql } from 'drizzle-orm'
import { check, index, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { ApprovableCall, ApprovableVerb } from '../../placement/approvable.ts'

/** `void`: what was shown had changed when a second person approved it. */
export type ApprovalState = 'awaiting_approval' | 'approved' | 'rejected' | 'void'

/** Calls of staff that wait for a second person, and those that were decided. */
export const approvals = pgTable(
  'approvals',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    verb: text('verb').$type<ApprovableVerb>().notNull(),
    /** The tenant's id, or the import's. */
    subject: text('subject').notNull(),
    call: jsonb('call').$type<ApprovableCall>().notNull(),
    /** The facts that the asker was shown; an approval is for exactly these. */
    plan: jsonb('plan').$type<Readonly<Record<string, unknown>>>().notNull(),
    state: text('state').$type<ApprovalState>().notNull().default('awaiting_approval'),
    requestedBy: text('requested_by').notNull(),
    requestedAt: timestamp('requested_at', { withTimezone: true }).notNull().defaultNow(),
    /** Why, in the asker's own words. */
    note: text('note'),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    decidedBy: text('decided_by'),
    decidedAt: timestamp('decided_at', { withTimezone: true }),
    /** Why it was rejected, or is void. */
    reason: text('reason'),
    /** Path of what came of it. */
    location: text('location'),
  },
  (t) => [
    check('approvals_state', sql`${t.state} in ('awaiting_approval', 'approved', 'rejected', 'void')`),
    uniqueIndex('approvals_one_waiting').on(t.verb, t.subject).where(sql`state = 'awaiting_approval'`),
    index('approvals_requested').on(t.requestedAt),
  ],
)
