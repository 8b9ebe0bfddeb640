import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { TenantId } from '../placement/tenant-id.ts'
import { indexes } from './indexes.sql.ts'
import { tenants } from './tenants.sql.ts'

/**
 * `reserved`: counted; the namespace may or may not exist yet. `active`: the place that requests read and write.
 * `follower`: the other place of a move. `retiring`: no route names it, and it is being purged. `purged`: deleted; its
 * name is never reused. `found`: the store showed it after a restore, and a person decides.
 */
export type PlaceState = 'reserved' | 'active' | 'follower' | 'found' | 'retiring' | 'purged'

/** A present or past place of a tenant. Rows are never deleted: a place is never reused. */
export const places = pgTable(
  'places',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    indexId: bigint('index_id', { mode: 'number' })
      .notNull()
      .references(() => indexes.id),
    project: text('project').notNull(),
    indexName: text('index_name').notNull(),
    namespace: text('namespace').notNull(),
    generation: integer('generation').notNull(),
    state: text('state').$type<PlaceState>().notNull(),
    /** Vectors sent here must name their model: a move that transforms made the place, or one before it. */
    needsModel: boolean('needs_model').notNull().default(false),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    purgedAt: timestamp('purged_at', { withTimezone: true }),
    /** When a look after a restore saw its namespace, and the records that the store counted. */
    seenAt: timestamp('seen_at', { withTimezone: true }),
    seenRecords: bigint('seen_records', { mode: 'number' }),
  },
  (t) => [
    unique('places_location').on(t.project, t.indexName, t.namespace),
    unique('places_generation').on(t.tenantId, t.generation),
    uniqueIndex('places_one_active').on(t.tenantId).where(sql`state = 'active'`),
    index('places_index').on(t.indexId),
    check('places_state', sql`${t.state} in ('reserved', 'active', 'follower', 'found', 'retiring', 'purged')`),
  ],
)
