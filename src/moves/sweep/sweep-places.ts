import { and, asc, eq, gt, ne, sql } from 'drizzle-orm'
import type { Db } from '../../db/connect.ts'
import { AppError, isAppError } from '../../errors.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import { places } from '../../registry/places.sql.ts'
import { isRoutedTo, type PlaceRow, toPlacement } from '../../registry/places.ts'
import type { VectorStore } from '../../stores/store.ts'

export interface SweepDeps {
  readonly db: Db
  readonly stores: VectorStore
  readonly signal: AbortSignal
}

/** Places retired this recently are checked in every round: that is when a late write lands. */
const recentHours = 24
const recentAtMost = 200
/** Older retired places checked per round: a replica frozen for a week is possible, but unlikely. */
const oldAtMost = 50

/**
 * Checks retired places and deletes what a late write brought back: the store recreates a missing namespace
 * (docs/moves.md I10). No live place can be hit, because a location is never reused.
 *
 * @param afterId where the previous round stopped among the old ones.
 * @returns where the next round continues, the emptied places, and the projects that did not answer: their places are
 *   checked another time.
 */
export async function sweepPlaces(
  deps: SweepDeps,
  afterId: number,
): Promise<{ readonly nextId: number; readonly emptied: readonly number[]; readonly away: readonly string[] }> {
  const recent = await deadPlaces(
    deps.db,
    sql`${places.purgedAt} > now() - ${recentHours} * interval '1 hour'`,
    recentAtMost,
  )
  const old = await deadPlaces(deps.db, gt(places.id, afterId), oldAtMost)
  const emptied = new Set<number>()
  const away = new Set<string>()
  for (const { place, index } of new Map([...recent, ...old].map((row) => [row.place.id, row])).values()) {
    deps.signal.throwIfAborted()
    // One that does not answer is not waited for again in this round, and keeps nobody else waiting.
    if (away.has(place.project)) continue
    try {
      if (await empty(deps, place, index)) emptied.add(place.id)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      away.add(place.project)
    }
  }
  return { nextId: old.length < oldAtMost ? 0 : (old.at(-1)?.place.id ?? 0), emptied: [...emptied], away: [...away] }
}

type IndexFacts = Parameters<typeof toPlacement>[1]

/**
 * Places whose index still exists. With a deleted index everything in it is gone; `sweepIndexes` handles one that comes
 * back.
 */
async function deadPlaces(
  db: Db,
  which: ReturnType<typeof gt>,
  limit: number,
): Promise<readonly { readonly place: PlaceRow; readonly index: IndexFacts }[]> {
  return db
    .select({ place: places, index: indexes })
    .from(places)
    .innerJoin(indexes, eq(indexes.id, places.indexId))
    .where(and(eq(places.state, 'purged'), ne(indexes.state, 'deleted'), sql`${indexes.host} is not null`, which))
    .orderBy(asc(places.id))
    .limit(limit)
}

async function empty({ db, stores, signal }: SweepDeps, place: PlaceRow, index: IndexFacts): Promise<boolean> {
  const store = stores.open(toPlacement(place, index))
  const found = await store.describeNamespace({ signal }).catch((error: unknown) => {
    if (isAppError(error, 'not_found')) return undefined
    throw error
  })
  if (found === undefined || (await isRoutedTo(db, place.id))) return false
  await store.deleteNamespace({ signal })
  const { tenantId, indexName, namespace } = place
  const detail = { index: indexName, namespace, records: found.recordCount }
  await db.transaction((tx) => appendAudit(tx, [{ actor: 'system', action: 'place.swept', tenantId, detail }]))
  return true
}
