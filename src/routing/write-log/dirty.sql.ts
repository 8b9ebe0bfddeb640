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

/** Numbers every journaled write of every tenant; only its rising matters. */
export const writeSeq = pgSequence('write_seq')

/** `inflight`: a write of the record is under way, or in doubt until `deadline`. `done`: the active place has it. */
export type DirtyState = 'inflight' | 'done'

/**
 * One row a record that was written while its tenant is moved (docs/moves.md section 2): the change log that the store
 * does not have. A row is clean when `syncedSeq` equals `seq`.
 */
export const dirty = pgTable(
  'dirty',
  {
    moveId: uuid('move_id').notNull(),
    recordId: text('record_id').notNull(),
    /** The stamp of the last write; it rises with every one. */
    seq: bigint('seq', { mode: 'number' }).notNull(),
    state: text('state').$type<DirtyState>().notNull(),
    /** The last write put the record; false: it deleted it. */
    isPut: boolean('is_put').notNull(),
    /** The last write changed the record in part: where there was none, there is none, and no stamp ever shows. */
    isUpdate: boolean('is_update').notNull().default(false),
    /** What the active place shows is to be believed once it shows everything: no stamp tells. */
    trustStore: boolean('trust_store').notNull().default(false),
    /** The store's sequence number of the last write in the active place, when it gave one. */
    lsn: bigint('lsn', { mode: 'number' }),
    intentAt: timestamp('intent_at', { withTimezone: true }).notNull(),
    doneAt: timestamp('done_at', { withTimezone: true }),
    /** Until when the write may still land: while `inflight`, nobody else writes the record before. */
    deadline: timestamp('deadline', { withTimezone: true }).notNull(),
    /** The session of the replica that writes it: nothing of it is sent any more when that is over. */
    session: uuid('session'),
    /** It got no answer, or an attempt of it got none: it may land until `deadline` and is then closed by a mover. */
    inDoubt: boolean('in_doubt').notNull().default(false),
    /** The write that the follower has. */
    syncedSeq: bigint('synced_seq', { mode: 'number' }),
    syncedAt: timestamp('synced_at', { withTimezone: true }),
    /** The follower's sequence number of that write, when it gave one; never compared with the active place's. */
    syncedLsn: bigint('synced_lsn', { mode: 'number' }),
    /** The follower's copy bears `seq`; false: it was deleted there, or its metadata has no room for a stamp. */
    syncedStamped: boolean('synced_stamped').notNull().default(false),
    /** The write that both places were compared at, and that the follower is proven to show. */
    verifiedSeq: bigint('verified_seq', { mode: 'number' }),
    /** Until when a mover's write of it to the follower may still land. */
    suspectUntil: timestamp('suspect_until', { withTimezone: true }),
  },
  (t) => [
    primaryKey({ columns: [t.moveId, t.recordId] }),
    check('dirty_state', sql`${t.state} in ('inflight', 'done')`),
    index('dirty_unsynced').on(t.moveId, t.seq).where(sql`synced_seq is distinct from seq`),
    // What a look at the tail reads: only rows that are not done with, however many were ever touched.
    index('dirty_open').on(t.moveId, t.seq).where(sql`verified_seq is distinct from seq`),
    index('dirty_unsettled').on(t.moveId, t.recordId).where(sql`state = 'inflight' or suspect_until is not null`),
  ],
)
