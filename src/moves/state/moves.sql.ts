import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'
import { places } from '../../registry/places.sql.ts'
import { tenants } from '../../registry/tenants.sql.ts'
import type { Waiting } from './gate.ts'
import type { MoveKind, MoveRequest, MoveState } from './move-state.ts'
import type { Stopped } from './stop-reason.ts'
import type { VerificationReport } from './verification.ts'

/** One move of one tenant. Every change by a mover is conditional on `moverToken`, which each takeover raises. */
export const moves = pgTable(
  'moves',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    kind: text('kind').$type<MoveKind>().notNull(),
    state: text('state').$type<MoveState>().notNull(),
    sourcePlaceId: bigint('source_place_id', { mode: 'number' })
      .notNull()
      .references(() => places.id),
    /** Where a rebalance goes to, when it was said; the target is chosen otherwise. */
    wantedIndexId: bigint('wanted_index_id', { mode: 'number' }),
    /** Null until the target is reserved. */
    targetPlaceId: bigint('target_place_id', { mode: 'number' }).references(() => places.id),
    /** The clock tick whose barrier the current state waits for. */
    barrierTick: bigint('barrier_tick', { mode: 'number' }),
    /** Where the listing goes on; null at the beginning. */
    cursor: text('cursor'),
    /** The last id that was copied: a cursor that the store no longer knows is found again by it. */
    copiedTo: text('copied_to'),
    /** Ids that a copy batch under way may be writing to the target. */
    claimedIds: jsonb('claimed_ids').$type<string[]>().notNull().default([]),
    total: integer('total'),
    copied: integer('copied').notNull().default(0),
    verified: integer('verified').notNull().default(0),
    repairs: integer('repairs').notNull().default(0),
    verification: jsonb('verification').$type<VerificationReport>(),
    /** When the barrier of ARM had passed: no write without an intent is under way since. */
    barrierAt: timestamp('barrier_at', { withTimezone: true }),
    /** Every record of both places was compared once. */
    comparedAt: timestamp('compared_at', { withTimezone: true }),
    /** What a person asked for and the runner has not carried out yet. */
    request: text('request').$type<MoveRequest>(),
    /** What the move waits for; null when it does not. */
    waiting: jsonb('waiting').$type<Waiting>(),
    /** The same in words. */
    gate: text('gate'),
    /** Why it failed, or why the last try of a step did. */
    error: text('error'),
    attempts: integer('attempts').notNull().default(0),
    notBefore: timestamp('not_before', { withTimezone: true }),
    moverToken: bigint('mover_token', { mode: 'number' }).notNull().default(0),
    moverLeaseUntil: timestamp('mover_lease_until', { withTimezone: true }),
    /** The host name of the replica that carries it on, or did so last. */
    moverHost: text('mover_host'),
    /** Until when a mover that was told to stop may still send: the end of the lease that it had. */
    sendsUntil: timestamp('sends_until', { withTimezone: true }),
    /** Why the move stands until a person decides: going on would delete or drop what nobody asked to. */
    stopped: jsonb('stopped').$type<Stopped>(),
    /** Records that a person gave up with `acceptLoss`. */
    acceptedLoss: integer('accepted_loss').notNull().default(0),
    /** When writes were last held for the switch. */
    heldAt: timestamp('held_at', { withTimezone: true }),
    /** Tries of the switch that ran into the end of the fence. */
    fenceTries: integer('fence_tries').notNull().default(0),
    /** The state that a paused move goes on with. */
    pausedState: text('paused_state').$type<MoveState>(),
    writePauseMs: integer('write_pause_ms'),
    switchedAt: timestamp('switched_at', { withTimezone: true }),
    retainUntil: timestamp('retain_until', { withTimezone: true }),
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (t) => [
    uniqueIndex('moves_one_open_a_tenant').on(t.tenantId).where(sql`ended_at is null`),
    index('moves_tenant').on(t.tenantId, t.createdAt),
    check('moves_kind', sql`${t.kind} in ('promote', 'demote', 'rebalance')`),
    check(
      'moves_state',
      sql`${t.state} in ('queued', 'preparing', 'arming', 'copying', 'verifying', 'fencing', 'switching', 'soaking', 'completing', 'completed', 'paused', 'cancelling', 'cancelled', 'rolling_back', 'rolled_back', 'failed')`,
    ),
    check(
      'moves_ended',
      sql`(${t.state} in ('completed', 'cancelled', 'rolled_back', 'failed')) = (${t.endedAt} is not null)`,
    ),
  ],
)

/** What happened to a move, in order; each row's hash covers the one before. */
export const moveEvents = pgTable(
  'move_events',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    moveId: uuid('move_id')
      .notNull()
      .references(() => moves.id),
    at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
    state: text('state').$type<MoveState>().notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
    hash: text('hash').notNull(),
  },
  (t) => [index('move_events_move').on(t.moveId, t.id)],
)

/**
 * What has to be deleted from the store some day: written before the thing exists, so that nothing is ever there that
 * nobody knows of. `armed` rows may run; the others are kept as long as the thing is in use.
 */
export const cleanups = pgTable(
  'cleanups',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    placeId: bigint('place_id', { mode: 'number' })
      .notNull()
      .references(() => places.id),
    moveId: uuid('move_id'),
    armed: boolean('armed').notNull().default(false),
    notBefore: timestamp('not_before', { withTimezone: true }).notNull().defaultNow(),
    attempts: integer('attempts').notNull().default(0),
    error: text('error'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    doneAt: timestamp('done_at', { withTimezone: true }),
  },
  (t) => [uniqueIndex('cleanups_one_open_a_place').on(t.placeId).where(sql`done_at is null`)],
)
