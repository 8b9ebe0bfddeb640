import { and, eq, inArray, isNull, not, or, type SQL, sql } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { documents } from './documents.sql.ts'
import { uploads } from './uploads.sql.ts'

/** Rows that the groups see; undefined: all rows. */
export function visibleTo(visibility: AnyPgColumn, groups: readonly string[] | undefined): SQL | undefined {
  if (groups === undefined) return undefined
  if (groups.length === 0) return isNull(visibility)
  return or(isNull(visibility), sql`${visibility} && ${sql.param([...groups])}::text[]`)
}

/** The same check for a row already read. */
export function isVisibleTo(visibility: readonly string[] | null, groups: readonly string[] | undefined): boolean {
  return groups === undefined || visibility === null || visibility.some((group) => groups.includes(group))
}

/** Those of the ids whose document or upload exists but is hidden from the groups. */
export async function hiddenDocumentIds(
  tx: Tx,
  tenantId: TenantId,
  documentIds: readonly string[],
  groups: readonly string[] | undefined,
): Promise<ReadonlySet<string>> {
  if (groups === undefined || documentIds.length === 0) return new Set()
  const ids = [...documentIds]
  const stored = await hiddenStoredIds(tx, tenantId, ids, groups)
  const waiting = await tx
    .select({ id: uploads.documentId })
    .from(uploads)
    .where(and(eq(uploads.tenantId, tenantId), inArray(uploads.documentId, ids), hiddenFrom(uploads, groups)))
  return new Set([...stored, ...waiting.map(({ id }) => id)])
}

/** The same of stored documents alone: an upload that is being stored does not stand in its own way. */
export async function hiddenStoredIds(
  tx: Tx,
  tenantId: TenantId,
  documentIds: readonly string[],
  groups: readonly string[] | undefined,
): Promise<ReadonlySet<string>> {
  if (groups === undefined || documentIds.length === 0) return new Set()
  const isGone = sql`(${documents.state} = 'deleting' and ${documents.chunkCeiling} = 0)`
  const isOne = and(eq(documents.tenantId, tenantId), inArray(documents.id, [...documentIds]))
  const rows = await tx
    .select({ id: documents.id })
    .from(documents)
    .where(and(isOne, not(isGone), hiddenFrom(documents, groups)))
  return new Set(rows.map(({ id }) => id))
}

function hiddenFrom(table: typeof documents | typeof uploads, groups: readonly string[]): SQL {
  return sql`not (${visibleTo(table.visibility, groups)})`
}
