import { and, asc, eq, gt, inArray, lt, ne, not, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type DocumentState, documents } from '../documents.sql.ts'
import { uploadIdsAfter } from '../uploads/uploads.ts'
import { visibleTo } from '../visible-to.ts'

/** A document in the inventory: its facts, never its text. */
export interface DocumentRow {
  readonly documentId: string
  readonly state: DocumentState
  /** SHA-256, hex; while `writing`, of the new content. */
  readonly contentHash: string
  readonly source: string | null
  readonly metadata: Readonly<Record<string, string | number | boolean | string[]>>
  readonly chunkCount: number
  /** When the store was found to lack a chunk of it, while `ready`. */
  readonly lostAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/**
 * Id of the row that blocks document writes while everything of the tenant is deleted. Document ids contain no `#`, so
 * none collides with it.
 */
export const deleteAllId = '#all'

/**
 * Rows that a caller may see: no delete-all barrier, and no deleted document whose row only waits until an unanswered
 * delete can no longer land.
 */
const isThere = and(
  ne(documents.id, deleteAllId),
  not(sql`(${documents.state} = 'deleting' and ${documents.chunkCeiling} = 0)`),
)

const columns = {
  documentId: documents.id,
  state: documents.state,
  contentHash: documents.contentHash,
  source: documents.source,
  metadata: documents.metadata,
  chunkCount: documents.chunkCount,
  lostAt: documents.lostAt,
  createdAt: documents.createdAt,
  updatedAt: documents.updatedAt,
}

/** @param groups undefined: regardless of visibility, for writes, which only the scope limits. */
export async function findDocument(
  db: Tx,
  tenantId: TenantId,
  documentId: string,
  groups?: readonly string[],
): Promise<DocumentRow | undefined> {
  const [row] = await db
    .select(columns)
    .from(documents)
    .where(
      and(
        eq(documents.tenantId, tenantId),
        eq(documents.id, documentId),
        isThere,
        visibleTo(documents.visibility, groups),
      ),
    )
  return row
}

/** Those of the documents that the groups see, unordered. @param groups undefined: all of them. */
export function findDocuments(
  db: Tx,
  tenantId: TenantId,
  documentIds: readonly string[],
  groups: readonly string[] | undefined,
): Promise<DocumentRow[]> {
  return db
    .select(columns)
    .from(documents)
    .where(
      and(
        eq(documents.tenantId, tenantId),
        inArray(documents.id, [...documentIds]),
        isThere,
        visibleTo(documents.visibility, groups),
      ),
    )
}

/**
 * Sorted ids of documents that the groups see, stored or in ingestion: up to `limit` after `after`.
 * @param app selects further ids, in the same order and no more: an app's own documents.
 */
export async function listDocumentIds(
  db: Tx,
  tenantId: TenantId,
  page: { readonly after?: string | undefined; readonly limit: number; readonly groups: readonly string[] | undefined },
  app?: SQLWrapper,
): Promise<readonly string[]> {
  const { after, groups, limit } = page
  const more = app === undefined ? sql`` : sql` union (${app})`
  // Each part by its own index and no longer than the page.
  const stored = db
    .select({ id: documents.id })
    .from(documents)
    .where(
      and(
        ...[eq(documents.tenantId, tenantId), isThere, visibleTo(documents.visibility, groups)],
        after === undefined ? undefined : gt(documents.id, after),
      ),
    )
    .orderBy(asc(documents.id))
    .limit(limit)
  const rows = await db.execute<{ id: string }>(
    sql`select id from ((${stored}) union (${uploadIdsAfter(db, tenantId, page)})${more}) as page order by id limit ${limit}`,
  )
  return [...rows].map(({ id }) => id)
}

export interface StoredContent {
  readonly chunkCount: number
  /** Whether it was stored longer ago than a write may stay invisible, so that the store must show it. */
  readonly mustShow: boolean
  /** Whether the store was found to lack a chunk of it. */
  readonly isLost: boolean
}

/** @returns undefined unless a document is stored with this exact content and no deletion is under way. */
export async function storedContent(
  db: Tx,
  tenantId: TenantId,
  document: { readonly documentId: string; readonly contentHash: string; readonly storeVisibleMs: number },
): Promise<StoredContent | undefined> {
  const { documentId, contentHash, storeVisibleMs } = document
  const [row] = await db
    .select({
      chunkCount: documents.chunkCount,
      mustShow: sql<boolean>`${isOlderThan(storeVisibleMs)}`,
      isLost: sql<boolean>`${documents.lostAt} is not null`,
    })
    .from(documents)
    .where(
      and(
        eq(documents.tenantId, tenantId),
        eq(documents.id, documentId),
        eq(documents.state, 'ready'),
        eq(documents.contentHash, contentHash),
        notBeingEmptied(tenantId),
      ),
    )
  return row
}

/** Chunks that the store must show: those of documents ready for longer than writes may stay invisible. */
export async function countStoredChunks(db: Tx, tenantId: TenantId, olderThanMs: number): Promise<number> {
  const [row] = await db
    .select({ chunks: sql<string>`coalesce(sum(${documents.chunkCount}), 0)` })
    .from(documents)
    .where(
      and(
        eq(documents.tenantId, tenantId),
        eq(documents.state, 'ready'),
        isOlderThan(olderThanMs),
        notBeingEmptied(tenantId),
      ),
    )
  return Number(row?.chunks ?? 0)
}

function isOlderThan(ms: number): SQL {
  return lt(documents.updatedAt, sql`now() - make_interval(secs => ${ms / 1000})`)
}

/** Holds unless a claim on the whole tenant exists: everything is then being deleted, or was when its replica died. */
export function notBeingEmptied(tenantId: TenantId): SQL {
  return sql`not exists (select from documents bar
    where bar.tenant_id = ${tenantId} and bar.id = ${deleteAllId} and bar.claim is not null)`
}
