import { and, asc, count, eq, gt, inArray, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { InventoryRule } from '../../placement/inventory-rule.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { visibleTo } from '../visible-to.ts'
import { appDocuments, inventories } from './inventories.sql.ts'
import { type InventoryRow, seenByBoth } from './inventory-work.ts'

/** A document that the app made, as the inventory saw it. */
export type AppDocument = typeof appDocuments.$inferSelect

/** A tenant's documents, and the groups that look at them. */
export interface AppDocumentSight {
  readonly tenantId: TenantId
  /** The tenant's field of groups now: visibility that was read from another one hides every document. */
  readonly visibilityField: string
  /** Undefined: all of the tenant's documents. */
  readonly groups: readonly string[] | undefined
}

/** Those of the documents that the groups see, unordered. */
export function findAppDocuments(db: Tx, sight: AppDocumentSight, ids: readonly string[]): Promise<AppDocument[]> {
  return db
    .select()
    .from(appDocuments)
    .where(and(isSeen(sight), inArray(appDocuments.id, [...ids])))
}

/** Ids of documents that the groups see, after one, as a part of a union. */
export function appDocumentIds(
  db: Tx,
  sight: AppDocumentSight,
  page: { readonly after?: string | undefined; readonly limit: number },
) {
  const { after, limit } = page
  return db
    .select({ id: appDocuments.id })
    .from(appDocuments)
    .where(and(isSeen(sight), after === undefined ? undefined : gt(appDocuments.id, after)))
    .orderBy(asc(appDocuments.id))
    .limit(limit)
}

function isSeen({ tenantId, visibilityField, groups }: AppDocumentSight): SQL | undefined {
  const isOne = eq(appDocuments.tenantId, tenantId)
  if (groups === undefined) return isOne
  const isReadSo = sql`exists (select from inventories i
    where i.tenant_id = ${tenantId} and i.visibility_field = ${visibilityField})`
  return and(isOne, isReadSo, visibleTo(appDocuments.visibility, groups))
}

/** The app's records of the document are deleted. */
export async function dropAppDocument(db: Tx, tenantId: TenantId, documentId: string): Promise<void> {
  await db.delete(appDocuments).where(and(eq(appDocuments.tenantId, tenantId), eq(appDocuments.id, documentId)))
}

/** Forgets what the tenant's app made, once the store holds nothing of it. */
export async function dropAppDocuments(db: Tx, tenantId: TenantId): Promise<void> {
  await db.delete(appDocuments).where(eq(appDocuments.tenantId, tenantId))
}

export async function dropInventoryRun(db: Tx, tenantId: TenantId): Promise<void> {
  await dropAppDocuments(db, tenantId)
  await db.delete(inventories).where(eq(inventories.tenantId, tenantId))
}

export async function findInventory(
  db: Tx,
  tenantId: TenantId,
): Promise<{ readonly row: InventoryRow; readonly documents: number; readonly changed: number } | undefined> {
  const [row] = await db.select().from(inventories).where(eq(inventories.tenantId, tenantId))
  if (row === undefined) return undefined
  const [counted] = await db
    .select({ documents: count(), changed: count(appDocuments.changedAt) })
    .from(appDocuments)
    .where(eq(appDocuments.tenantId, tenantId))
  return { row, documents: counted?.documents ?? 0, changed: counted?.changed ?? 0 }
}

/** How a row's records name their documents. */
export function ruleOfRow({
  documentField,
  idPattern,
}: Pick<InventoryRow, 'documentField' | 'idPattern'>): InventoryRule {
  return documentField === null ? { idPattern: idPattern ?? '' } : { documentField }
}

/** Documents that an app's writes changed: groups by document, where a write says them. */
export interface AppChange {
  readonly documents: ReadonlyMap<string, readonly string[] | null>
  /** Whether a write changed records whose documents it does not name. */
  readonly hasUnnamed: boolean
}

/** Marks documents that the app wrote; one that the inventory did not see is new. */
export async function markAppChange(db: Tx, tenantId: TenantId, { documents, hasUnnamed }: AppChange): Promise<void> {
  if (hasUnnamed) await db.update(inventories).set({ changedAt: sql`now()` }).where(eq(inventories.tenantId, tenantId))
  const rows = [...documents].map(([id, groups]) => ({ id, groups }))
  if (rows.length === 0) return
  await db.execute(sql`
    insert into app_documents (tenant_id, id, run, records, visibility, changed_at)
    select i.tenant_id, d.id, i.run, 0, d.groups, now()
    from inventories i, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as d (id text, groups text[])
    where i.tenant_id = ${tenantId} order by d.id collate "C"
    on conflict (tenant_id, id) do update set changed_at = now(), visibility = ${seenByBoth}`)
}
