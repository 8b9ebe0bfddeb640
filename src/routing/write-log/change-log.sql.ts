import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  pgSequence,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'

/** Numbers every entry of the change log, of all tenants; only its rising matters. */
export const writeSeq = pgSequence('write_seq')

/** `inflight`: a write of the record is under way, or in doubt until `deadline`. `done`: the active place has it. */
export type ChangeState = 'inflight' | 'done'

/**
 * The change log, which the store lacks: one row for each record written while its tenant is moved (docs/moves.md
 * section 2). A row is clean when `syncedSeq` equals `seq`.
 */
export const changeLog = pgTable(
  'dirty',
  {
    moveId: uuid('move_id').notNull(),
    recordId: text('record_id').notNull(),
    /** The stamp of the last write; it rises with each one. */
    seq: bigint('seq', { mode: 'number' }).notNull(),
    state: text('state').$type<ChangeState>().notNull(),
    /** True: the last write put the record; false: it deleted it. */
    isPut: boolean('is_put').notNull(),
    /** Set when the last write was a partial update: it creates no missing record, so no stamp may ever show. */
    isUpdate: boolean('is_update').notNull().default(false),
    /**
     * Set by a deletion, until both places have the record again: only then may the follower lose its copy because the
     * active place lacks it.
     */
    wasDeleted: boolean('was_deleted').notNull().default(false),
    /** Set when the active place's content counts once it shows every write: no stamp proves it. */
    trustStore: boolean('trust_store').notNull().default(false),
    /** The store's sequence number of the last write in the active place, if the store returned one. */
    lsn: bigint('lsn', { mode: 'number' }),
    intentAt: timestamp('intent_at', { withTimezone: true }).notNull(),
    doneAt: timestamp('done_at', { withTimezone: true }),
    /** Time until which the write may still land: while `inflight`, nobody else writes the record before it. */
    deadline: timestamp('deadline', { withTimezone: true }).notNull(),
    /** The writing replica's session: nothing of the write is sent after the session's end. */
    session: uuid('session'),
    /**
     * Set when the write, or an attempt of it, got no answer: it may land until `deadline`, and a mover then closes it.
     */
    inDoubt: boolean('in_doubt').notNull().default(false),
    /** The write that the follower has. */
    syncedSeq: bigint('synced_seq', { mode: 'number' }),
    syncedAt: timestamp('synced_at', { withTimezone: true }),
    /**
     * The follower's sequence number of that write, if the store returned one; never compared with the active place's.
     */
    syncedLsn: bigint('synced_lsn', { mode: 'number' }),
    /**
     * True: the follower's copy carries `seq`; false: it was deleted there, or its metadata lacks space for a stamp.
     */
    syncedStamped: boolean('synced_stamped').notNull().default(false),
    /** The write at which both places were compared, and which the follower is proven to show. */
    verifiedSeq: bigint('verified_seq', { mode: 'number' }),
    /** Time until which a mover's write of the record to the follower may still land. */
    suspectUntil: timestamp('suspect_until', { withTimezone: true }),
  },
  (t) => [
    primaryKey({ columns: [t.moveId, t.recordId] }),
    check('dirty_state', sql`${t.state} in ('inflight', 'done')`),
    index('dirty_unsynced').on(t.moveId, t.seq).where(sql`synced_seq is distinct from seq`),
    // A look at the tail reads only open rows, however many records were ever touched.
    index('dirty_open').on(t.moveId, t.seq).where(sql`verified_seq is distinct from seq`),
    index('dirty_unsettled').on(t.moveId, t.recordId).where(sql`state = 'inflight' or suspect_until is not null`),
  ],
)
