import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import type { ErrorCode } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { tenants } from './tenants.sql.ts'

/** Progress of an upload. A completed one has no row: the inventory has the document. */
export type UploadStatus = 'queued' | 'parsing' | 'embedding' | 'storing' | 'failed'

/** Why the last attempt failed. */
export interface UploadReason {
  readonly code: ErrorCode
  readonly detail: string
}

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })

/**
 * The durable queue of documents to be read, embedded and stored, or failed: one row a document. A later upload of a
 * document replaces an unfinished one.
 */
export const uploads = pgTable(
  'uploads',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    documentId: text('document_id').notNull(),
    /** Identifies this upload: a worker that began on another one cannot end it. */
    id: uuid('id').notNull(),
    /**
     * The generation of the tenant's place at upload; rows from before the tenant's present life are never processed.
     */
    generation: integer('generation').notNull(),
    status: text('status').$type<UploadStatus>().notNull().default('queued'),
    /** SHA-256 over everything sent, which identifies a repeat of the upload. */
    contentHash: text('content_hash').notNull(),
    /** `text` needs no extraction. */
    kind: text('kind').$type<'text' | 'file'>().notNull(),
    name: text('name'),
    contentType: text('content_type'),
    source: text('source'),
    metadata: jsonb('metadata').$type<Record<string, string | number | boolean | string[]>>().notNull(),
    /** Groups that may see it; null: everyone in the tenant. */
    visibility: text('visibility').array(),
    /** The sender's groups, which decide what it may replace; null for all of the tenant's. */
    writerGroups: text('writer_groups').array(),
    chunking: jsonb('chunking').$type<Record<string, unknown>>(),
    /** Null: dropped; the file has to be sent again. */
    bytes: bytea('bytes'),
    sizeBytes: integer('size_bytes').notNull(),
    /** Its turn in the order of service; tenants take turns. */
    turn: bigint('turn', { mode: 'number' }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** The worker's claim while it works on the upload. */
    claim: uuid('claim'),
    /** Earliest time to claim it: its next attempt, or the end of its holder's lease. */
    runAt: timestamp('run_at', { withTimezone: true }).notNull().defaultNow(),
    reason: jsonb('reason').$type<UploadReason>(),
    /** The trace (W3C Trace Context) that its processing continues; null: a new one. */
    traceparent: text('traceparent'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.documentId] }),
    index('uploads_turn').on(t.turn).where(sql`status <> 'failed'`),
    index('uploads_claimed').on(t.turn).where(sql`claim is not null`),
    index('uploads_tenant_turn').on(t.tenantId, t.turn),
    check('uploads_status', sql`${t.status} in ('queued', 'parsing', 'embedding', 'storing', 'failed')`),
    check('uploads_kind', sql`${t.kind} in ('text', 'file')`),
    check('uploads_claimed_while_worked_on', sql`${t.status} not in ('queued', 'failed') or ${t.claim} is null`),
    check('uploads_has_bytes', sql`${t.status} = 'failed' or ${t.bytes} is not null`),
  ],
)
