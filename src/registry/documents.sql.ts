import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { TenantId } from '../placement/tenant-id.ts'
import { tenants } from './tenants.sql.ts'

/** `writing`: a write of its chunks is under way, or died. `deleting`: likewise. `ready`: the store has just these chunks. */
export type DocumentState = 'writing' | 'ready' | 'deleting'

/** The inventory: what each tenant has in the store, so that an empty answer can be told from a wrong one. */
export const documents = pgTable(
  'documents',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    id: text('id').notNull(),
    state: text('state').$type<DocumentState>().notNull(),
    /** SHA-256 over text, source, metadata, embedding model and chunking; of the content being written while `writing`. */
    contentHash: text('content_hash').notNull(),
    source: text('source'),
    metadata: jsonb('metadata').$type<Record<string, string | number | boolean | string[]>>().notNull().default({}),
    /** Groups that may see it; null: everyone in the tenant. */
    visibility: text('visibility').array(),
    chunkCount: integer('chunk_count').notNull(),
    /** No chunk with a number of this or above was ever written since the last `ready`: what a clean-up has to delete. */
    chunkCeiling: integer('chunk_ceiling').notNull(),
    /** While a write is under way: whose, and until when nobody else may write this document. */
    claim: uuid('claim'),
    claimUntil: timestamp('claim_until', { withTimezone: true }),
    /** Since when the store is known to lack a chunk of it; null: nothing is known to be lost. Counts while `ready` only. */
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
