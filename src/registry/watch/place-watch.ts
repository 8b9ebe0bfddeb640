import { and, count, eq, gte, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { Placement } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { indexes } from '../indexes.sql.ts'
import { places } from '../places.sql.ts'
import { toPlacement } from '../places.ts'
import { placeWatch } from './place-watch.sql.ts'

export type PlaceWatch = typeof placeWatch.$inferSelect

/** Suspicions that freeze a place's moves. */
const suspicionsMax = 2

/** A place to look at, with what was seen before; undefined: this is the first look. */
export interface WatchedPlace {
  readonly placement: Placement
  readonly tenantId: TenantId
  readonly watch: PlaceWatch | undefined
}

/** Replicas' own writes to adopted places, by place. `lsn` undefined: its number is not known. */
export async function reportOwnWrites(
  tx: Tx,
  writes: ReadonlyMap<number, { readonly lsn: number | undefined; readonly isUnsure: boolean }>,
): Promise<void> {
  const rows = [...writes].sort(([a], [b]) => a - b)
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into place_watch (place_id, own_lsn, own_at, is_unsure)
    select id, lsn, now(), unsure = 1 from unnest(
      ${sql.param(rows.map(([id]) => id))}::bigint[],
      ${sql.param(rows.map(([, { lsn }]) => lsn ?? null))}::bigint[],
      ${sql.param(rows.map(([, { isUnsure }]) => Number(isUnsure)))}::int[]
    ) as reported (id, lsn, unsure)
    where exists (select from places where places.id = reported.id)
    on conflict (place_id) do update set
      own_lsn = greatest(place_watch.own_lsn, excluded.own_lsn), own_at = excluded.own_at,
      is_unsure = place_watch.is_unsure or excluded.is_unsure`)
}

/**
 * Active places of an adopted index whose tenants don't move: those with an unexplained number first, then the least
 * recently seen. Half of them were seen before, if there are as many: of an index too large to be seen whole, a part is
 * compared all the same. One that moved since its last look is seen as for the first time, for the mover wrote to it.
 */
export async function listToWatch(tx: Tx, indexId: number, limit: number): Promise<readonly WatchedPlace[]> {
  const seen = await listPlaces(tx, indexId, isNotNull(placeWatch.seenAt), limit)
  const unseen = await listPlaces(tx, indexId, isNull(placeWatch.seenAt), limit)
  const again = seen.slice(0, Math.max(limit / 2, limit - unseen.length))
  return [...again, ...unseen.slice(0, limit - again.length)]
}

async function listPlaces(tx: Tx, indexId: number, which: SQL, limit: number): Promise<readonly WatchedPlace[]> {
  const rows = await tx
    .select({ place: places, index: indexes, watch: placeWatch, hasMoved: hasMoved() })
    .from(places)
    .innerJoin(indexes, eq(indexes.id, places.indexId))
    .leftJoin(placeWatch, eq(placeWatch.placeId, places.id))
    .where(
      and(
        eq(places.indexId, indexId),
        eq(places.state, 'active'),
        which,
        sql`exists (select from routing where active_place_id = ${places.id} and phase = 'steady')`,
      ),
    )
    .orderBy(sql`${placeWatch.pendingAt} asc nulls last`, placeWatch.seenAt, places.id)
    .limit(limit)
  return rows.map(({ place, index, watch, hasMoved: moved }) => ({
    placement: toPlacement(place, index),
    tenantId: place.tenantId,
    watch: watch === null ? undefined : moved ? { ...watch, isUnsure: true } : watch,
  }))
}

function hasMoved() {
  return sql<boolean>`exists (
    select from moves where ${places.id} in (source_place_id, target_place_id)
      and (ended_at is null or ended_at >= ${placeWatch.seenAt}))`
}

/** Keeps a look, unless another replica kept one meanwhile. @returns whether it was kept. */
export async function keepLook(tx: Tx, before: PlaceWatch | undefined, now: PlaceWatch): Promise<boolean> {
  const { seenLsn, seenRecords, pendingLsn, pendingAt, suspicions, placeId } = now
  const seen = { seenLsn, seenRecords, pendingLsn, pendingAt, suspicions, isUnsure: false, seenAt: sql`now()` }
  const seenBefore = before?.seenAt ?? null
  const rows = await tx
    .insert(placeWatch)
    .values({ placeId, ...seen })
    .onConflictDoUpdate({
      target: placeWatch.placeId,
      set: seen,
      setWhere: sql`date_trunc('milliseconds', ${placeWatch.seenAt}) is not distinct from ${seenBefore?.toISOString() ?? null}::timestamptz`,
    })
    .returning({ id: placeWatch.placeId })
  return rows.length > 0
}

/** For a statement: whether suspicions keep the place from being moved. */
export function isFrozenPlace(placeId: SQL): SQL {
  return sql`exists (select from place_watch pw where pw.place_id = ${placeId} and pw.suspicions >= ${suspicionsMax})`
}

/** Whether suspicions keep a place from being moved. */
export async function isFrozen(tx: Tx, placeId: number): Promise<boolean> {
  const [row] = await tx
    .select({ id: placeWatch.placeId })
    .from(placeWatch)
    .where(and(eq(placeWatch.placeId, placeId), gte(placeWatch.suspicions, suspicionsMax)))
  return row !== undefined
}

/** Places of an index with a suspicion. */
export async function countSuspectIn(tx: Tx, indexId: number): Promise<number> {
  const [row] = await tx
    .select({ n: count() })
    .from(placeWatch)
    .innerJoin(places, eq(places.id, placeWatch.placeId))
    .where(and(eq(places.indexId, indexId), gte(placeWatch.suspicions, 1)))
  return row?.n ?? 0
}

/** Places of all tenants with a suspicion, for a metric. */
export async function countSuspect(tx: Tx): Promise<number> {
  const [row] = await tx.select({ n: count() }).from(placeWatch).where(gte(placeWatch.suspicions, 1))
  return row?.n ?? 0
}

/** Forgets the looks at an index's places, and with them every suspicion. */
export async function forgetLooks(tx: Tx, indexId: number): Promise<void> {
  await tx.execute(sql`
    update place_watch set seen_lsn = null, seen_records = null, seen_at = null, pending_lsn = null, pending_at = null,
      suspicions = 0, is_unsure = true
    from places where places.id = place_watch.place_id and places.index_id = ${indexId}`)
}
