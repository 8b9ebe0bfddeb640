import { and, asc, count, eq, gt, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { documents } from '../documents.sql.ts'
import { isVisibleTo } from '../visible-to.ts'
import { notBeingEmptied } from './documents.ts'

/**
 * A tenant's documents that the store must show completely: nothing was written to them for longer than writes stay
 * invisible.
 */
export interface OldDocuments {
  readonly tenantId: TenantId
  /** By Postgres's clock; documents written since are excluded. */
  readonly before: string
  readonly byId: ReadonlyMap<string, { readonly chunkCount: number; readonly isMarked: boolean }>
}

export async function readOldDocuments(db: Tx, tenantId: TenantId, storeVisibleMs: number): Promise<OldDocuments> {
  const [now] = await db.execute<{ before: string }>(
    sql`select (now() - make_interval(secs => ${storeVisibleMs / 1000}))::text as before`,
  )
  const before = now?.before ?? '-infinity'
  const rows = await db
    .select({
      id: documents.id,
      chunkCount: documents.chunkCount,
      isMarked: sql<boolean>`${documents.lostAt} is not null`,
    })
    .from(documents)
    .where(and(isOld(tenantId, before), gt(documents.chunkCount, 0)))
  return { tenantId, before, byId: new Map(rows.map(({ id, ...rest }) => [id, rest])) }
}

/**
 * Marks documents as lost, or unmarks those that are complete. It skips a document that was written or deleted since it
 * was read, and does nothing when the tenant's routing has changed since `epoch`: the inspected place may no longer be
 * the tenant's.
 *
 * @returns the number of changed rows.
 */
export async function markDocuments(
  db: Db,
  { tenantId, before }: Pick<OldDocuments, 'tenantId' | 'before'>,
  marks: { readonly epoch: number; readonly lost: readonly string[]; readonly whole: readonly string[] },
): Promise<{ readonly lost: number; readonly whole: number }> {
  const sameRouting = sql`exists (select from routing r where r.tenant_id = ${tenantId} and r.epoch = ${marks.epoch})`
  const change = async (ids: readonly string[], lostAt: SQL | null, marked: SQL) => {
    let changed = 0
    for (let from = 0; from < ids.length; from += idsAtOnce) {
      const some = sql`${documents.id} = any(${sql.param(ids.slice(from, from + idsAtOnce))}::text[])`
      const rows = await db
        .update(documents)
        .set({ lostAt })
        .where(and(isOld(tenantId, before), some, marked, sameRouting))
        .returning({ id: documents.id })
      changed += rows.length
    }
    return changed
  }
  return {
    lost: await change(marks.lost, sql`now()`, isNull(documents.lostAt)),
    whole: await change(marks.whole, null, isNotNull(documents.lostAt)),
  }
}

const idsAtOnce = 1_000

function isOld(tenantId: TenantId, before: string): SQL | undefined {
  return and(
    eq(documents.tenantId, tenantId),
    eq(documents.state, 'ready'),
    lt(documents.updatedAt, sql`${before}::timestamptz`),
    notBeingEmptied(tenantId),
  )
}

/** Chunks of a tenant's old documents. */
export interface OldChunks {
  readonly all: number
  /** Chunks of documents that are not marked as lost. */
  readonly unmarked: number
}

export async function countOldChunks(db: Tx, tenantId: TenantId, storeVisibleMs: number): Promise<OldChunks> {
  const before = sql`(now() - make_interval(secs => ${storeVisibleMs / 1000}))`
  const [row] = await db
    .select({
      all: sql`coalesce(sum(${documents.chunkCount}), 0)`.mapWith(Number),
      unmarked: sql`coalesce(sum(${documents.chunkCount}) filter (where ${documents.lostAt} is null), 0)`.mapWith(
        Number,
      ),
    })
    .from(documents)
    .where(
      and(
        eq(documents.tenantId, tenantId),
        eq(documents.state, 'ready'),
        lt(documents.updatedAt, before),
        notBeingEmptied(tenantId),
      ),
    )
  return row ?? { all: 0, unmarked: 0 }
}

/** Active tenants with stored documents, ordered by id. */
export async function tenantsWithDocuments(
  db: Tx,
  page: { readonly after: string; readonly limit: number },
): Promise<readonly TenantId[]> {
  const rows = await db.execute<{ id: TenantId }>(sql`
    select t.id from tenants t
    where t.status = 'active' and t.id > ${page.after}
      and exists (select from documents d where d.tenant_id = t.id and d.state = 'ready' and d.chunk_count > 0)
    order by t.id limit ${page.limit}`)
  return [...rows].map(({ id }) => id)
}

const isLost = and(isNotNull(documents.lostAt), eq(documents.state, 'ready'))

/** Lost documents of all tenants, for a metric. */
export async function countLostDocuments(db: Tx): Promise<number> {
  const [row] = await db.select({ lost: count() }).from(documents).where(isLost)
  return row?.lost ?? 0
}

/** Lost documents by tenant and visibility. */
export type LostCounts = ReadonlyMap<
  TenantId,
  readonly { readonly visibility: string[] | null; readonly lost: number }[]
>

/** Reads at most 10,000 rows. It is called often; a partial index holds only marked documents. */
export async function readLostCounts(db: Tx): Promise<LostCounts> {
  const rows = await db
    .select({ tenantId: documents.tenantId, visibility: documents.visibility, lost: count() })
    .from(documents)
    .where(isLost)
    .groupBy(documents.tenantId, documents.visibility)
    .orderBy(asc(documents.tenantId))
    .limit(10_000)
  return Map.groupBy(rows, ({ tenantId }) => tenantId)
}

export function lostSeenBy(counts: LostCounts, tenantId: TenantId, groups: readonly string[]): number {
  const rows = counts.get(tenantId) ?? []
  return rows.reduce((sum, { visibility, lost }) => sum + (isVisibleTo(visibility, groups) ? lost : 0), 0)
}
