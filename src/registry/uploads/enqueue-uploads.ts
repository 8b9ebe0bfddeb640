import { randomUUID } from 'node:crypto'
import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { tenants } from '../tenants.sql.ts'
import { type UploadReason, type UploadStatus, uploads } from '../uploads.sql.ts'
import { hiddenDocumentIds } from '../visible-to.ts'
import { setWriter, type UploadRow, uploadColumns } from './uploads.ts'

export interface NewUpload {
  readonly documentId: string
  readonly contentHash: string
  readonly kind: 'text' | 'file'
  readonly bytes: Uint8Array
  readonly name: string | null
  readonly contentType: string | null
  readonly source: string | null
  readonly metadata: Record<string, string | number | boolean | string[]>
  readonly visibility: string[] | null
  readonly chunking: Record<string, unknown> | null
  /** The trace that its processing continues. */
  readonly traceparent?: string | undefined
}

/** Limits of one tenant's queue. */
export interface QueueBounds {
  readonly bytesMax: number
  readonly uploadsMax: number
}

export type Enqueued =
  | { readonly kind: 'queued'; readonly upload: UploadRow }
  /** The tenant's queue is full. */
  | { readonly kind: 'full' }
  /** A document or upload of that id exists, which the sender's groups don't see. */
  | { readonly kind: 'hidden' }

/** Channel that announces new work to replicas. */
export const uploadsChannel = 'uploads'

/**
 * Queues uploads in one transaction. A repeat of an upload in progress changes nothing but the sender; a failed one, or
 * other content, starts anew. The groups of the last sender are kept: what the upload may replace is checked again when
 * it is stored.
 *
 * Tenants take turns (start-time fair queueing, Goyal et al. 1996): an upload's turn is the one in service now, or the
 * next after the tenant's own last one, so a thousand files of one tenant queue behind another's first.
 *
 * @param generation of the tenant's place, as the caller knows it.
 * @param groups of the sender, which limit what it may replace; undefined: all of the tenant's.
 * @returns one per upload, in order; undefined: the tenant is not active, or `generation` belongs to an earlier life.
 */
export function enqueueUploads(
  db: Db,
  tenantId: TenantId,
  generation: number,
  wanted: readonly NewUpload[],
  bounds: QueueBounds,
  groups?: readonly string[],
): Promise<readonly Enqueued[] | undefined> {
  return db.transaction(async (tx) => {
    // One of a tenant at a time, or two could go over its bound together; and it stays active until the commit.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`uploads:${tenantId}`}, 0))`)
    const [tenant] = await tx
      .select({ status: tenants.status, firstGeneration: tenants.firstGeneration })
      .from(tenants)
      .where(eq(tenants.id, tenantId))
      .for('share')
    if (tenant?.status !== 'active' || generation < tenant.firstGeneration) return undefined
    const known = await knownUploads(tx, tenantId, wanted)
    const fits = await capacityFor(tx, tenantId, wanted, bounds)
    let turn = await nextTurn(tx, tenantId)
    const ids = wanted.map(({ documentId }) => documentId)
    const hidden = await hiddenDocumentIds(tx, tenantId, ids, groups)
    const results: Enqueued[] = []
    for (const upload of wanted) {
      if (hidden.has(upload.documentId)) {
        results.push({ kind: 'hidden' })
        continue
      }
      const there = known.get(upload.documentId)
      if (there?.contentHash === upload.contentHash && there.upload.status !== 'failed') {
        await setWriter(tx, tenantId, there.upload.id, groups)
        results.push({ kind: 'queued', upload: there.upload })
        continue
      }
      if (!fits(upload, there?.sizeBytes ?? 0, there === undefined)) {
        results.push({ kind: 'full' })
        continue
      }
      const row = await insert(tx, tenantId, generation, { ...upload, writerGroups: groups?.slice() ?? null }, turn)
      known.set(upload.documentId, {
        contentHash: upload.contentHash,
        sizeBytes: upload.bytes.byteLength,
        upload: row,
      })
      turn += 1
      results.push({ kind: 'queued', upload: row })
    }
    await tx.execute(sql`select pg_notify(${uploadsChannel}, '')`)
    return results
  })
}

interface Known {
  readonly contentHash: string
  readonly sizeBytes: number
  readonly upload: UploadRow
}

async function knownUploads(tx: Tx, tenantId: TenantId, wanted: readonly NewUpload[]): Promise<Map<string, Known>> {
  const ids = wanted.map(({ documentId }) => documentId)
  const rows = await tx
    .select({ contentHash: uploads.contentHash, sizeBytes: uploads.sizeBytes, upload: uploadColumns })
    .from(uploads)
    .where(and(eq(uploads.tenantId, tenantId), inArray(uploads.documentId, ids)))
  return new Map(rows.map((row) => [row.upload.documentId, row]))
}

/**
 * @returns whether one more fits, and reserves its capacity. Failed uploads keep their files only while there is
 *   capacity.
 */
async function capacityFor(tx: Tx, tenantId: TenantId, wanted: readonly NewUpload[], bounds: QueueBounds) {
  const sum = wanted.reduce((bytes, upload) => bytes + upload.bytes.byteLength, 0)
  let used = await usedBy(tx, tenantId)
  if (used.failed > bounds.uploadsMax) await forgetFirstFailed(tx, tenantId, used.failed - bounds.uploadsMax)
  if (used.bytes + sum > bounds.bytesMax) {
    await forgetFailedBytes(tx, tenantId)
    used = await usedBy(tx, tenantId)
  }
  return (upload: NewUpload, insteadOfBytes: number, isNew: boolean): boolean => {
    const bytes = used.bytes - insteadOfBytes + upload.bytes.byteLength
    const documents = used.documents + (isNew ? 1 : 0)
    if (bytes > bounds.bytesMax || documents > bounds.uploadsMax) return false
    used = { ...used, bytes, documents }
    return true
  }
}

interface Used {
  readonly bytes: number
  /** Documents that wait or are being processed. */
  readonly documents: number
  readonly failed: number
}

async function usedBy(tx: Tx, tenantId: TenantId): Promise<Used> {
  const [row] = await tx
    .select({
      bytes: sql<number>`coalesce(sum(${uploads.sizeBytes}), 0)`.mapWith(Number),
      documents: sql<number>`count(*) filter (where ${uploads.status} <> 'failed')`.mapWith(Number),
      failed: sql<number>`count(*) filter (where ${uploads.status} = 'failed')`.mapWith(Number),
    })
    .from(uploads)
    .where(eq(uploads.tenantId, tenantId))
  return row ?? { bytes: 0, documents: 0, failed: 0 }
}

async function forgetFailedBytes(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx
    .update(uploads)
    .set({ bytes: null, sizeBytes: 0 })
    .where(and(eq(uploads.tenantId, tenantId), eq(uploads.status, 'failed'), isNotNull(uploads.bytes)))
}

/** Drops the oldest failed uploads beyond the queue's limit: otherwise a sender of broken files would fill the disk. */
async function forgetFirstFailed(tx: Tx, tenantId: TenantId, many: number): Promise<void> {
  const failed = and(eq(uploads.tenantId, tenantId), eq(uploads.status, 'failed'))
  const first = tx.select({ id: uploads.id }).from(uploads).where(failed).orderBy(uploads.updatedAt).limit(many)
  await tx.delete(uploads).where(and(failed, inArray(uploads.id, first)))
}

/** The turn in service: the latest of the uploads being processed, or else the first that waits. */
export async function nextTurn(tx: Tx, tenantId: TenantId): Promise<number> {
  const [row] = await tx.execute<{ turn: string }>(sql`select greatest(
    coalesce(
      (select max(turn) from uploads where claim is not null),
      (select min(turn) from uploads where status <> 'failed'),
      0),
    (select max(turn) + 1 from uploads where tenant_id = ${tenantId} and status <> 'failed')) as turn`)
  return Number(row?.turn ?? 0)
}

async function insert(
  tx: Tx,
  tenantId: TenantId,
  generation: number,
  upload: NewUpload & { readonly writerGroups: string[] | null },
  turn: number,
): Promise<UploadRow> {
  const fresh = {
    ...upload,
    id: randomUUID(),
    generation,
    sizeBytes: upload.bytes.byteLength,
    turn,
    status: 'queued' satisfies UploadStatus as UploadStatus,
    attempts: 0,
    claim: null,
    reason: null satisfies UploadReason | null,
    traceparent: upload.traceparent ?? null,
  }
  const [row] = await tx
    .insert(uploads)
    .values({ tenantId, ...fresh })
    .onConflictDoUpdate({
      target: [uploads.tenantId, uploads.documentId],
      set: { ...fresh, runAt: sql`now()`, createdAt: sql`now()`, updatedAt: sql`now()` },
    })
    .returning(uploadColumns)
  if (row === undefined) throw new Error('an upsert gives its row')
  return row
}
