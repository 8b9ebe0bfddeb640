import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Phase } from '../placement/phase.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { places } from './places.sql.ts'
import { tenants } from './tenants.sql.ts'

/**
 * The place of a tenant's requests, and the phase of its move; docs/moves.md section 2. Every change raises `epoch`.
 */
export const routing = pgTable(
  'routing',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .primaryKey()
      .references(() => tenants.id),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    /** The `routing_clock` tick of this row's last change; 0 for a row that never changed. */
    changeNo: bigint('change_no', { mode: 'number' }).notNull().default(0),
    phase: text('phase').$type<Phase>().notNull(),
    activePlaceId: bigint('active_place_id', { mode: 'number' })
      .notNull()
      .references(() => places.id),
    followerPlaceId: bigint('follower_place_id', { mode: 'number' }).references(() => places.id),
    moveId: uuid('move_id'),
    fenceDeadline: timestamp('fence_deadline', { withTimezone: true }),
  },
  (t) => [
    index('routing_change_no').on(t.changeNo),
    check('routing_phase', sql`${t.phase} in ('steady', 'arm', 'track', 'fence', 'flip', 'soak')`),
    check(
      'routing_steady_is_alone',
      sql`(${t.phase} = 'steady') = (${t.moveId} is null) and (${t.phase} = 'steady') = (${t.followerPlaceId} is null)`,
    ),
    check('routing_fence_ends', sql`(${t.phase} = 'fence') = (${t.fenceDeadline} is not null)`),
  ],
)

/**
 * A single row. Its lock is held from the tick to the commit, so ticks become visible in order, and a replica that has
 * seen tick n has seen every change up to n (a sequence would not guarantee that).
 */
export const routingClock = pgTable(
  'routing_clock',
  {
    one: boolean('one').primaryKey().default(true),
    tick: bigint('tick', { mode: 'number' }).notNull(),
  },
  (t) => [check('routing_clock_one_row', sql`${t.one}`)],
)

/** A running replica. One with an expired lease does not count, and serves nothing that the lease covers. */
export const sessions = pgTable('sessions', {
  id: uuid('id').primaryKey(),
  /** The replica's host name, so that operators can find it. */
  host: text('host'),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  /** The last tick this replica knows; stored before it acts on the change. */
  seen: bigint('seen', { mode: 'number' }).notNull(),
  /** Every write begun on this replica before this tick has ended, for all tenants. */
  applied: bigint('applied', { mode: 'number' }).notNull(),
  /** The same for all tenants except those in `draining`. */
  retired: bigint('retired', { mode: 'number' }).notNull().default(0),
  /** By tenant: the tick before which its writes have ended here, where that is less than `retired`. */
  draining: jsonb('draining').$type<Readonly<Record<string, number>>>().notNull().default({}),
  /** Its abilities (`replicaAbilities`); version 0.1.0 announces none. */
  knows: jsonb('knows').$type<readonly string[]>().notNull().default([]),
  /** Time until which an unanswered store write of this replica may still land. */
  doubtUntil: timestamp('doubt_until', { withTimezone: true }),
})
