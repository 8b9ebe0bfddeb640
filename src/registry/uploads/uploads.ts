import { and, asc, count, eq, gt, inArray, ne, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type UploadReason, type UploadStatus, uploads } from '../uploads.sql.ts'
import { visibleTo } from '../visible-to.ts'

/** A document in ingestion, or one that failed, without its bytes. */
export interface UploadRow {
  readonly documentId: string
  readonly id: string
  readonly status: UploadStatus
  readonly source: string | null
  readonly metadata: Readonly<Record<string, string | number | boolean | string[]>>
  readonly attempts: number
  readonly reason: UploadReason | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export const uploadColumns = {
  documentId: uploads.documentId,
  id: uploads.id,
  status: uploads.status,
  source: uploads.source,
  metadata: uploads.metadata,
  attempts: uploads.attempts,
  reason: uploads.reason,
  createdAt: uploads.createdAt,
  updatedAt: uploads.updatedAt,
}

export function uploadOf(tenantId: TenantId, documentId: string): SQL | undefined {
  return and(eq(uploads.tenantId, tenantId), eq(uploads.documentId, documentId))
}

/** @param groups undefined: regardless of visibility, for writes, which only the scope limits. */
export async function findUpload(
  db: Tx,
  tenantId: TenantId,
  documentId: string,
  groups?: readonly string[],
): Promise<UploadRow | undefined> {
  const [row] = await db
    .select(uploadColumns)
    .from(uploads)
    .where(and(uploadOf(tenantId, documentId), visibleTo(uploads.visibility, groups)))
  return row
}

/** Those of the documents' uploads that the groups see, unordered. @param groups undefined: all of them. */
export function findUploads(
  db: Tx,
  tenantId: TenantId,
  documentIds: readonly string[],
  groups: readonly string[] | undefined,
): Promise<UploadRow[]> {
  return db
    .select(uploadColumns)
    .from(uploads)
    .where(
      and(
        eq(uploads.tenantId, tenantId),
        inArray(uploads.documentId, [...documentIds]),
        visibleTo(uploads.visibility, groups),
      ),
    )
}

/** The half of `listDocumentIds` that is in ingestion. */
export function uploadIdsAfter(
  db: Tx,
  tenantId: TenantId,
  page: { readonly after?: string | undefined; readonly limit: number; readonly groups: readonly string[] | undefined },
) {
  const after = page.after === undefined ? undefined : gt(uploads.documentId, page.after)
  return db
    .select({ id: uploads.documentId })
    .from(uploads)
    .where(and(eq(uploads.tenantId, tenantId), visibleTo(uploads.visibility, page.groups), after))
    .orderBy(asc(uploads.documentId))
    .limit(page.limit)
}

/** Sorted ids of documents whose upload came to nothing: up to `limit` after `after`. */
export async function failedUploadIds(
  db: Tx,
  tenantId: TenantId,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await db
    .select({ id: uploads.documentId })
    .from(uploads)
    .where(
      and(
        eq(uploads.tenantId, tenantId),
        eq(uploads.status, 'failed'),
        after === undefined ? undefined : gt(uploads.documentId, after),
      ),
    )
    .orderBy(asc(uploads.documentId))
    .limit(limit)
  return rows.map(({ id }) => id)
}

/** Uploads at this moment, for a delete-all: it spares later ones. */
export async function listUploadIds(
  db: Tx,
  tenantId: TenantId,
  groups?: readonly string[],
): Promise<readonly string[]> {
  const rows = await db
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(eq(uploads.tenantId, tenantId), visibleTo(uploads.visibility, groups)))
  return rows.map(({ id }) => id)
}

/** Sets the groups that decide what an upload may replace. @param groups undefined for all of the tenant's. */
export async function setWriter(
  tx: Tx,
  tenantId: TenantId,
  id: string,
  groups: readonly string[] | undefined,
): Promise<void> {
  await tx
    .update(uploads)
    .set({ writerGroups: groups?.slice() ?? null })
    .where(and(eq(uploads.tenantId, tenantId), eq(uploads.id, id)))
}

/** Withdraws uploads with their bytes; their workers notice before their next write. */
export async function dropUploads(tx: Tx, tenantId: TenantId, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx.delete(uploads).where(and(eq(uploads.tenantId, tenantId), inArray(uploads.id, [...ids])))
}

/** Withdraws all uploads of an ended tenant. */
export async function dropAllUploads(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx.delete(uploads).where(eq(uploads.tenantId, tenantId))
}

/** Epoch seconds at which the oldest unfinished upload was accepted; those that failed are done. */
export async function oldestUpload(db: Tx): Promise<number | null> {
  const [row] = await db
    .select({ at: sql<number | null>`extract(epoch from min(${uploads.createdAt}))::float8` })
    .from(uploads)
    .where(ne(uploads.status, 'failed'))
  return row?.at ?? null
}

/** Documents and bytes by status over all tenants, for a metric. */
export async function countUploads(
  db: Tx,
): Promise<readonly { readonly status: UploadStatus; readonly documents: number; readonly bytes: number }[]> {
  return db
    .select({
      status: uploads.status,
      documents: count(),
      bytes: sql<number>`coalesce(sum(${uploads.sizeBytes}), 0)`.mapWith(Number),
    })
    .from(uploads)
    .groupBy(uploads.status)
}
