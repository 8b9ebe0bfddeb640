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
import type { FindingKind, FixState, StoreFinding } from './finding.ts'

export type ReconciliationState = 'running' | 'done' | 'failed'

/** How far a run is. It goes on behind the last index that it finished. */
export interface RunProgress {
  /** Indexes that were looked at, as `project/name`. */
  readonly indexes: readonly string[]
  /** Parts that did not answer, with the reason; nothing is known of them in this run. */
  readonly unseen: readonly { readonly part: string; readonly reason: string }[]
  readonly namespaces: number
  /** Tenants whose documents were compared with their chunks. */
  readonly tenants: number
  /** Tenants that changed while they were compared, or that a later run gets to. */
  readonly tenantsLeft: number
  /** Findings beyond those that are kept by name. */
  readonly unlisted: number
}

export const noProgress: RunProgress = {
  indexes: [],
  unseen: [],
  namespaces: 0,
  tenants: 0,
  tenantsLeft: 0,
  unlisted: 0,
}

/** One comparison of the registry with the store, by whichever replica holds its lease. */
export const reconciliations = pgTable(
  'reconciliations',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    state: text('state').$type<ReconciliationState>().notNull().default('running'),
    /** Whether it settles what is provably safe. */
    fix: boolean('fix').notNull().default(false),
    /** Whether it finds out, after a restore, where tenants are. */
    fromStore: boolean('from_store').notNull().default(false),
    createdBy: text('created_by').notNull(),
    progress: jsonb('progress').$type<RunProgress>().notNull().default(noProgress),
    /** The last tenant whose documents were compared; the next run goes on behind it. */
    afterTenant: text('after_tenant').notNull().default(''),
    attempts: integer('attempts').notNull().default(0),
    fault: text('fault'),
    claim: uuid('claim'),
    runAt: timestamp('run_at', { withTimezone: true }).notNull().defaultNow(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
  },
  (t) => [
    uniqueIndex('reconciliations_one_running').on(sql`(true)`).where(sql`state = 'running'`),
    index('reconciliations_created').on(t.createdAt),
    check('reconciliations_state', sql`${t.state} in ('running', 'done', 'failed')`),
    check('reconciliations_finished', sql`(${t.state} = 'running') = (${t.finishedAt} is null)`),
  ],
)

/** Findings of a run. They stay as they are when the next one looks. */
export const reconcileFindings = pgTable(
  'reconcile_findings',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    runId: uuid('run_id')
      .notNull()
      .references(() => reconciliations.id, { onDelete: 'cascade' }),
    kind: text('kind').$type<FindingKind>().notNull(),
    project: text('project').notNull(),
    indexName: text('index_name').notNull(),
    /** Empty for what concerns no single namespace, or no tenant. */
    namespace: text('namespace').notNull().default(''),
    tenantId: text('tenant_id').notNull().default(''),
    detail: jsonb('detail').$type<StoreFinding['detail']>().notNull(),
    /** When it was first seen, by this run or by those before it without a gap. */
    firstSeenAt: timestamp('first_seen_at', { withTimezone: true }).notNull(),
    /** Runs that saw it one after the other, with this one. */
    looks: integer('looks').notNull(),
    fix: text('fix').$type<FixState>().notNull(),
    /** Why it was not fixed, or what was done. */
    fixNote: text('fix_note'),
  },
  (t) => [
    uniqueIndex('reconcile_findings_subject').on(t.runId, t.kind, t.project, t.indexName, t.namespace, t.tenantId),
    check('reconcile_findings_fix', sql`${t.fix} in ('none', 'waiting', 'due', 'done', 'refused')`),
  ],
)
