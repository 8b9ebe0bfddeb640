import { customType, index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { TenantId } from '../../placement/tenant-id.ts'
import { tenants } from '../../registry/tenants.sql.ts'
import { moves } from '../state/moves.sql.ts'

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })

/** Vectors that a person supplies for a tenant's records without a text; deleted with the end of the move. */
export const vectorFiles = pgTable(
  'vector_files',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    /** The model that made the vectors. */
    model: text('model').notNull(),
    dimension: integer('dimension').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    /** The move that uses it; null: none yet, and it may be added to. */
    moveId: uuid('move_id').references(() => moves.id),
  },
  (t) => [index('vector_files_tenant').on(t.tenantId), index('vector_files_move').on(t.moveId)],
)

/** One vector of such a file. */
export const suppliedVectors = pgTable(
  'supplied_vectors',
  {
    fileId: uuid('file_id')
      .notNull()
      .references(() => vectorFiles.id, { onDelete: 'cascade' }),
    recordId: text('record_id').notNull(),
    /** Hash of the record's vector when this one was supplied: it fits the record for as long as that stands. */
    instead: text('instead').notNull(),
    /** Float32, little-endian. */
    values: bytea('values').notNull(),
  },
  (t) => [primaryKey({ columns: [t.fileId, t.recordId] })],
)
