import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { places } from '../../registry/places.sql.ts'
import { tenants } from '../../registry/tenants.sql.ts'
import type { CopyPart } from './copy-part.ts'
import type { Evaluation } from './evaluation.ts'
import type { Waiting } from './gate.ts'
import type { MoveKind, MoveRequest, MoveState } from './move-state.ts'
import type { Stopped } from './stop-reason.ts'
import type { VerificationReport, VerifiedAgain } from './verification.ts'

/** One move of one tenant. Every change by a mover requires `moverToken`, which each takeover raises. */
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
    /** The named target of a rebalance; null: chosen automatically. */
    wantedIndexId: bigint('wanted_index_id', { mode: 'number' }),
    /** The embedding model of the target, where it is another one: the move transforms (docs/reembedding.md). */
    wantedModel: text('wanted_model'),
    /** The region and the Pinecone project of a relocation's target; null: any that the tenant may be in. */
    wantedRegion: text('wanted_region'),
    wantedProject: text('wanted_project'),
    /** The metric of the target, where it is another one and the vectors stay as they are. */
    wantedMetric: text('wanted_metric').$type<VectorSpace['metric']>(),
    /** The tenant's region before the cutover of a relocation, for its rollback. */
    regionBefore: text('region_before'),
    /** Records without a text that a person lets stay behind. */
    leaveBehind: integer('leave_behind').notNull().default(0),
    /** The file of supplied vectors for records without a text. */
    vectorsFrom: uuid('vectors_from'),
    /** How much lower the recall may be in the target; null: nothing is demanded. */
    maxRecallLoss: doublePrecision('max_recall_loss'),
    /** Whether a person lets the move switch although its recall is not shown to be as demanded. */
    recallAccepted: boolean('recall_accepted').notNull().default(false),
    /** The last comparison of both places by a set of questions. */
    evaluation: jsonb('evaluation').$type<Evaluation>(),
    /** The batch of an index's tenants that it belongs to. */
    indexReembedId: uuid('index_reembed_id'),
    /** Tokens that the copy had embedded. */
    embeddedTokens: bigint('embedded_tokens', { mode: 'number' }).notNull().default(0),
    /** Null until the target is reserved. */
    targetPlaceId: bigint('target_place_id', { mode: 'number' }).references(() => places.id),
    /** The clock tick whose barrier the present state waits for. */
    barrierTick: bigint('barrier_tick', { mode: 'number' }),
    /** The listing's position; null at the beginning. */
    cursor: text('cursor'),
    /** The last copied id: it restores a cursor that the store no longer knows. */
    copiedTo: text('copied_to'),
    /** The parts of a large place that are still to be copied, each with its position; null: it is copied as one. */
    copyParts: jsonb('copy_parts').$type<readonly CopyPart[]>(),
    /** Ids that the copy batches under way may be writing to the target. */
    claimedIds: jsonb('claimed_ids').$type<string[]>().notNull().default([]),
    total: integer('total'),
    copied: integer('copied').notNull().default(0),
    verified: integer('verified').notNull().default(0),
    repairs: integer('repairs').notNull().default(0),
    verification: jsonb('verification').$type<VerificationReport>(),
    /** The last comparison after that one, and until when a replica makes the next. */
    verifiedAgain: jsonb('verified_again').$type<VerifiedAgain>(),
    verifyUntil: timestamp('verify_until', { withTimezone: true }),
    /** When the barrier of ARM had passed: no write without an intent is under way since. */
    barrierAt: timestamp('barrier_at', { withTimezone: true }),
    /** When every record of both places had been compared once. */
    comparedAt: timestamp('compared_at', { withTimezone: true }),
    /** A person's request that the runner has not executed yet. */
    request: text('request').$type<MoveRequest>(),
    /** The present gate; null when there is none. */
    waiting: jsonb('waiting').$type<Waiting>(),
    /** The gate in words. */
    gate: text('gate'),
    /** Why the move failed, or the last try of a step did. */
    error: text('error'),
    attempts: integer('attempts').notNull().default(0),
    notBefore: timestamp('not_before', { withTimezone: true }),
    moverToken: bigint('mover_token', { mode: 'number' }).notNull().default(0),
    moverLeaseUntil: timestamp('mover_lease_until', { withTimezone: true }),
    /** Host name of the replica that runs it, or ran it last. */
    moverHost: text('mover_host'),
    /** Time until which a stopped mover may still send: the end of its lease. */
    sendsUntil: timestamp('sends_until', { withTimezone: true }),
    /** Why the move stands until a person decides: continuing would delete or drop data that nobody asked to. */
    stopped: jsonb('stopped').$type<Stopped>(),
    /** Records that a person gave up with `acceptLoss`. */
    acceptedLoss: integer('accepted_loss').notNull().default(0),
    /** When writes were last held for the cutover. */
    heldAt: timestamp('held_at', { withTimezone: true }),
    /** Tries of the cutover that reached the end of the fence. */
    fenceTries: integer('fence_tries').notNull().default(0),
    /** The state in which a paused move resumes. */
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
    index('moves_index_reembed').on(t.indexReembedId).where(sql`index_reembed_id is not null`),
    check('moves_kind', sql`${t.kind} in ('promote', 'demote', 'rebalance', 'reembed', 'relocate')`),
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

/** A move's history, in order; each row's hash covers the one before. */
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
 * Things to delete from the store some day: each is recorded before it exists, so that nothing unknown is ever there.
 * `armed` rows may run; the others wait while the thing is in use.
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
