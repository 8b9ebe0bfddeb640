import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { TenantId } from '../placement/tenant-id.ts'
import { tenants } from './tenants.sql.ts'

/**
 * `writing`: a write of its chunks is under way, or died. `deleting`: likewise. `ready`: the store has exactly these
 * chunks.
 */
export type DocumentState = 'writing' | 'ready' | 'deleting'

/** The inventory of each tenant's documents in the store; it tells an empty answer from a wrong one. */
export const documents = pgTable(
  'documents',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    id: text('id').notNull(),
    state: text('state').$type<DocumentState>().notNull(),
    /** SHA-256 over text, source, metadata, embedding model and chunking; while `writing`, of the new content. */
    contentHash: text('content_hash').notNull(),
    source: text('source'),
    metadata: jsonb('metadata').$type<Record<string, string | number | boolean | string[]>>().notNull().default({}),
    /** Groups that may see it; null: everyone in the tenant. */
    visibility: text('visibility').array(),
    chunkCount: integer('chunk_count').notNull(),
    /** Upper bound of chunk numbers written since the last `ready`: a clean-up deletes all below it. */
    chunkCeiling: integer('chunk_ceiling').notNull(),
    /** The writer that works on this document; nobody else may write it until `claim_until`. */
    claim: uuid('claim'),
    claimUntil: timestamp('claim_until', { withTimezone: true }),
    /** When the store was found to lack a chunk of it; null: no loss is known. Valid only while `ready`. */
    lostAt: timestamp('lost_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('documents_lost').on(t.tenantId).where(sql`${t.lostAt} is not null`),
    check('documents_state', sql`${t.state} in ('writing', 'ready', 'deleting')`),
    check('documents_chunks', sql`${t.chunkCount} >= 0 and ${t.chunkCeiling} >= ${t.chunkCount}`),
  ],
)
