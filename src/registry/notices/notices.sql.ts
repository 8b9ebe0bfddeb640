import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import type { NoticeType } from '../../placement/notice-types.ts'

/** Events for the operator's hooks, each with what makes it one: the same happening gives no second one. */
export const notices = pgTable('notices', {
  /** The `webhook-id`: a receiver that has seen it ignores it. */
  id: text('id').primaryKey(),
  key: text('key').notNull().unique('notices_key'),
  type: text('type').$type<NoticeType>().notNull(),
  at: timestamp('at', { withTimezone: true }).notNull(),
  tenantId: text('tenant_id'),
  data: jsonb('data').$type<Readonly<Record<string, unknown>>>().notNull(),
})

export type DeliveryState = 'waiting' | 'delivered' | 'failed'

/** One event's way to one hook. */
export const noticeDeliveries = pgTable(
  'notice_deliveries',
  {
    noticeId: text('notice_id')
      .notNull()
      .references(() => notices.id, { onDelete: 'cascade' }),
    hook: text('hook').notNull(),
    state: text('state').$type<DeliveryState>().notNull().default('waiting'),
    attempts: integer('attempts').notNull().default(0),
    /** When the next attempt is due; a replica that makes one pushes it out of the others' way. */
    nextAt: timestamp('next_at', { withTimezone: true }).notNull().defaultNow(),
    deliveredAt: timestamp('delivered_at', { withTimezone: true }),
    /** Why the last attempt failed. */
    error: text('error'),
  },
  (t) => [
    primaryKey({ columns: [t.noticeId, t.hook] }),
    check('notice_deliveries_state', sql`${t.state} in ('waiting', 'delivered', 'failed')`),
    index('notice_deliveries_due').on(t.nextAt).where(sql`state = 'waiting'`),
  ],
)

/** A single row: the position in the audit up to which events were made. */
export const noticeCursor = pgTable(
  'notice_cursor',
  {
    one: boolean('one').primaryKey().default(true),
    position: bigint('position', { mode: 'number' }).notNull(),
  },
  (t) => [check('notice_cursor_one_row', sql`${t.one}`)],
)
