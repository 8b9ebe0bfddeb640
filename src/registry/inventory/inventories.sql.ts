import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'
import { places } from '../places.sql.ts'
import { tenants } from '../tenants.sql.ts'

export type InventoryState = 'building' | 'ready'

/** A reserved name that an app gave: its record's id, or a metadata key of that record. */
export interface ReservedName {
  readonly id: string
  /** Null: the id itself. */
  readonly key: string | null
}

const tenantId = () =>
  text('tenant_id')
    .$type<TenantId>()
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' })

/** The building of an adopted tenant's inventory: where it is, and what it has seen. */
export const inventories = pgTable(
  'inventories',
  {
    tenantId: tenantId().primaryKey(),
    /** Exactly one of the two: how records name their documents. */
    documentField: text('document_field'),
    idPattern: text('id_pattern'),
    /** The field of groups that the documents' visibility was read from. */
    visibilityField: text('visibility_field').notNull(),
    state: text('state').$type<InventoryState>().notNull(),
    /** Changes with each beginning: what an earlier one found is told by it. */
    run: uuid('run').notNull(),
    /** The place that is listed; a move to another begins the listing anew. */
    placeId: bigint('place_id', { mode: 'number' })
      .notNull()
      .references(() => places.id),
    /** The tick that every replica must know before the listing begins. */
    tick: bigint('tick', { mode: 'number' }).notNull(),
    /** The last id that was counted, and the store's cursor after it. */
    afterId: text('after_id'),
    cursor: text('cursor'),
    records: integer('records').notNull().default(0),
    /** Records that name no document. */
    unnamed: integer('unnamed').notNull().default(0),
    /** Records whose document has a name that no document's id may have. */
    unusable: integer('unusable').notNull().default(0),
    /** Records with an id or a metadata key that is reserved, though the router did not write it. */
    reserved: integer('reserved').notNull().default(0),
    /** The first few of these names, each with its record. */
    reservedExamples: jsonb('reserved_examples').$type<readonly ReservedName[]>().notNull().default([]),
    /** The app's last write whose documents are not known by name. */
    changedAt: timestamp('changed_at', { withTimezone: true }),
    /** Why the last attempt stopped. */
    fault: text('fault'),
    claim: uuid('claim'),
    /** When it may be claimed: the end of the lease, or of a pause after a fault. */
    runAt: timestamp('run_at', { withTimezone: true }).notNull(),
    startedAt: timestamp('started_at', { withTimezone: true }).notNull(),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
  },
  (t) => [
    index('inventories_due').on(t.runAt).where(sql`state = 'building'`),
    check('inventories_state', sql`${t.state} in ('building', 'ready')`),
    check('inventories_rule', sql`(${t.documentField} is null) <> (${t.idPattern} is null)`),
  ],
)

/** Documents of an adopted tenant that its app made: what the inventory saw. It describes and forbids nothing. */
export const appDocuments = pgTable(
  'app_documents',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    run: uuid('run').notNull(),
    records: integer('records').notNull(),
    source: text('source'),
    /** Groups that see every record of it; null: everyone in the tenant. */
    visibility: text('visibility').array(),
    /** The app's last write to it through the router since the inventory began. */
    changedAt: timestamp('changed_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
)
