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

/** How far an upload is. One that is done has no row any more: the inventory has the document. */
export type UploadStatus = 'queued' | 'parsing' | 'embedding' | 'storing' | 'failed'

/** Why the last attempt came to nothing. */
export interface UploadReason {
  readonly code: ErrorCode
  readonly detail: string
}

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })

/**
 * Documents that wait to be read, embedded and stored, or failed at it: the queue, durable and one row a document. A
 * later upload of the same document takes the place of one that is not done.
 */
export const uploads = pgTable(
  'uploads',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    documentId: text('document_id').notNull(),
    /** Of this upload: what began with another one can't end it. */
    id: uuid('id').notNull(),
    /** Of the tenant's place when it was sent; one from before the tenant's present life is never worked on. */
    generation: integer('generation').notNull(),
    status: text('status').$type<UploadStatus>().notNull().default('queued'),
    /** SHA-256 over all that was sent, so that the same upload again is known. */
    contentHash: text('content_hash').notNull(),
    /** `text` needs no reading. */
    kind: text('kind').$type<'text' | 'file'>().notNull(),
    name: text('name'),
    contentType: text('content_type'),
    source: text('source'),
    metadata: jsonb('metadata').$type<Record<string, string | number | boolean | string[]>>().notNull(),
    /** Groups that may see it; null: everyone in the tenant. */
    visibility: text('visibility').array(),
    chunking: jsonb('chunking').$type<Record<string, unknown>>(),
    /** Null: given up, the file has to be sent again. */
    bytes: bytea('bytes'),
    sizeBytes: integer('size_bytes').notNull(),
    /** Its place in the order of service, by which tenants take turns. */
    turn: bigint('turn', { mode: 'number' }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Whose it is while it is worked on. */
    claim: uuid('claim'),
    /** Nobody takes it before: it waits to be tried again, or the one who has it is taken to be alive until then. */
    runAt: timestamp('run_at', { withTimezone: true }).notNull().defaultNow(),
    reason: jsonb('reason').$type<UploadReason>(),
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
