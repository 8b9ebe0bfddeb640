import { and, asc, count, eq, gt, inArray, isNotNull, isNull, lte, max, ne, or, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { Shard } from '../placement/choose-shard.ts'
import type { VectorSpace } from '../placement/placement.ts'
import { type IndexState, indexes } from './indexes.sql.ts'

export type IndexRow = typeof indexes.$inferSelect
export type NewIndex = typeof indexes.$inferInsert

/** A shared index with the facts for choosing a shard, and its host once it is ready. */
export interface PoolShard extends Shard {
  readonly project: string
  readonly name: string
  readonly region: string
  readonly metric: IndexRow['metric']
  readonly state: IndexState
  readonly host: string | null
}

/**
 * Shared indexes of this model, dimension and metric that take tenants now or soon; drained ones are excluded,
 * and adopted ones until they are sealed.
 */
export async function listPoolShards(
  tx: Tx,
  made: { readonly project?: string } & VectorSpace,
): Promise<readonly PoolShard[]> {
  const rows = await tx
    .select()
    .from(indexes)
    .where(
      and(
        made.project === undefined ? undefined : eq(indexes.project, made.project),
        eq(indexes.kind, 'pool'),
        eq(indexes.draining, false),
        inArray(indexes.state, ['creating', 'ready']),
        or(isNull(indexes.adoptedAt), isNotNull(indexes.sealedAt)),
        eq(indexes.embeddingModel, made.model),
        eq(indexes.dimension, made.dimension),
        eq(indexes.metric, made.metric),
      ),
    )
    .prepare(made.project === undefined ? 'pool_shards' : 'pool_shards_of_project')
    .execute()
  return rows.map((row) => ({
    indexId: row.id,
    project: row.project,
    name: row.name,
    ordinal: row.ordinal ?? 0,
    namespacesUsed: row.namespacesUsed,
    namespaceLimit: row.namespaceLimit,
    full: row.full,
    region: row.region,
    metric: row.metric,
    state: row.state,
    host: row.host,
  }))
}

/** Reserves `places` more namespaces in an index; `undefined` when its capacity is exhausted. */
export async function takeCapacity(tx: Tx, indexId: number, places: number): Promise<IndexRow | undefined> {
  const [row] = await tx
    .update(indexes)
    .set({ namespacesUsed: sql`${indexes.namespacesUsed} + ${places}` })
    .where(
      and(
        eq(indexes.id, indexId),
        inArray(indexes.state, ['creating', 'ready']),
        eq(indexes.full, false),
        eq(indexes.draining, false),
        lte(sql`${indexes.namespacesUsed} + ${places}`, indexes.namespaceLimit),
      ),
    )
    .returning()
  return row
}

/** Releases one namespace's capacity. `full`: the store will not accept another one instead. */
export async function freeCapacity(tx: Tx, indexId: number, full: boolean): Promise<void> {
  await tx
    .update(indexes)
    .set({ namespacesUsed: sql`${indexes.namespacesUsed} - 1`, full })
    .where(eq(indexes.id, indexId))
}

/** Marks an index as full: the store refused a namespace although the count allows it. */
export async function markFull(tx: Tx, indexId: number): Promise<void> {
  await tx.update(indexes).set({ full: true }).where(eq(indexes.id, indexId))
}

/** Sets whether a shared index is drained: tenants then only leave it. */
export async function setDraining(tx: Tx, indexId: number, draining: boolean): Promise<void> {
  await tx.update(indexes).set({ draining }).where(eq(indexes.id, indexId))
}

/** Serializes the opening of indexes in a project until the transaction ends. */
export async function lockProject(tx: Tx, project: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`indexes of ${project}`}, 0))`)
}

/** Indexes that count against the project's limit. */
export async function countIndexes(tx: Tx, project: string): Promise<number> {
  const [row] = await tx
    .select({ count: count() })
    .from(indexes)
    .where(and(eq(indexes.project, project), ne(indexes.state, 'deleted')))
  return row?.count ?? 0
}

/** The number of the next shared index; a number is never reused, even after its index is deleted. */
export async function nextOrdinal(tx: Tx, project: string): Promise<number> {
  const [row] = await tx
    .select({ last: max(indexes.ordinal) })
    .from(indexes)
    .where(eq(indexes.project, project))
  return (row?.last ?? 0) + 1
}

export async function insertIndex(tx: Tx, index: NewIndex, leaseMs: number): Promise<IndexRow> {
  const [row] = await tx
    .insert(indexes)
    .values({ ...index, creatorLeaseUntil: fromNow(leaseMs) })
    .returning()
  if (row === undefined) throw new Error('The insert of an index returned no row.')
  return row
}

export async function findIndex(tx: Tx, id: number): Promise<IndexRow | undefined> {
  const [row] = await tx.select().from(indexes).where(eq(indexes.id, id))
  return row
}

export async function findIndexByName(tx: Tx, project: string, name: string): Promise<IndexRow | undefined> {
  const [row] = await tx
    .select()
    .from(indexes)
    .where(and(eq(indexes.project, project), eq(indexes.name, name)))
  return row
}

/** Marks an index as deleted. Its row stays, so its name is never reused, but no longer counts against the limit. */
export async function setIndexDeleted(tx: Tx, id: number): Promise<void> {
  await tx.update(indexes).set({ state: 'deleted', creatorLeaseUntil: null }).where(eq(indexes.id, id))
}

/** Ends a silo whose tenant has left: one made here is deleted by then, an adopted one waits for another tenant. */
export async function leaveSilo(tx: Tx, index: IndexRow): Promise<void> {
  if (index.adoptedAt === null) await setIndexDeleted(tx, index.id)
  else await tx.update(indexes).set({ tenantId: null }).where(eq(indexes.id, index.id))
}

/** Indexes that exist or are being made, by id; `after` is the last id of the previous page. */
export async function listIndexRows(
  tx: Tx,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly IndexRow[]> {
  return tx
    .select()
    .from(indexes)
    .where(and(gt(indexes.id, page.after), ne(indexes.state, 'deleted')))
    .orderBy(asc(indexes.id))
    .limit(page.limit)
}

function fromNow(ms: number) {
  return sql`now() + ${ms} * interval '1 millisecond'`
}
