import { and, eq, inArray, ne, or, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { Placement } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { indexes } from './indexes.sql.ts'
import { places } from './places.sql.ts'
import { routing } from './routing.sql.ts'
import { tenants } from './tenants.sql.ts'

export type PlaceRow = typeof places.$inferSelect

type PlaceFacts = Pick<
  PlaceRow,
  'id' | 'tenantId' | 'project' | 'indexName' | 'namespace' | 'generation' | 'needsModel'
>
type IndexFacts = Pick<typeof indexes.$inferSelect, 'kind' | 'host' | 'embeddingModel' | 'dimension' | 'metric'>

/** Converts to the store's placement. The index must be ready, since only then its host is known. */
export function toPlacement(place: PlaceFacts, index: IndexFacts): Placement {
  if (index.host === null) throw new Error(`Index ${place.indexName} is not ready: its host is not known yet.`)
  return {
    placeId: place.id,
    tenantId: place.tenantId,
    project: place.project,
    indexName: place.indexName,
    indexHost: index.host,
    namespace: place.namespace,
    generation: place.generation,
    kind: index.kind,
    vectors: { model: index.embeddingModel, dimension: index.dimension, metric: index.metric },
    ...(place.needsModel && { needsModel: true as const }),
  }
}

export async function findPlace(tx: Tx, placeId: number): Promise<PlaceRow | undefined> {
  const [row] = await tx.select().from(places).where(eq(places.id, placeId))
  return row
}

/** The places with these ids; unknown ones are absent. */
export async function listPlacesById(tx: Tx, ids: readonly number[]): Promise<readonly PlaceRow[]> {
  return tx
    .select()
    .from(places)
    .where(inArray(places.id, [...ids]))
}

export async function findPlaceByName(
  tx: Tx,
  { project, indexName, namespace }: Pick<PlaceRow, 'project' | 'indexName' | 'namespace'>,
): Promise<PlaceRow | undefined> {
  const [row] = await tx
    .select()
    .from(places)
    .where(and(eq(places.project, project), eq(places.indexName, indexName), eq(places.namespace, namespace)))
  return row
}

export async function findReservedPlace(tx: Tx, tenantId: TenantId): Promise<PlaceRow | undefined> {
  const [row] = await tx
    .select()
    .from(places)
    .where(and(eq(places.tenantId, tenantId), eq(places.state, 'reserved')))
    .limit(1)
  return row
}

/** A tenant's places that may still hold data in the store. */
export async function listPlacesToPurge(tx: Tx, tenantId: TenantId): Promise<readonly PlaceRow[]> {
  return tx
    .select()
    .from(places)
    .where(and(eq(places.tenantId, tenantId), ne(places.state, 'purged')))
    .orderBy(places.id)
}

export async function listReservedIn(tx: Tx, indexId: number): Promise<readonly PlaceRow[]> {
  return tx
    .select()
    .from(places)
    .where(and(eq(places.indexId, indexId), eq(places.state, 'reserved')))
    .orderBy(places.tenantId)
}

/** Retires a place that no route names; its contents still have to be deleted. */
export async function retirePlace(tx: Tx, placeId: number): Promise<void> {
  await tx.update(places).set({ state: 'retiring' }).where(eq(places.id, placeId))
}

/**
 * Records that the place is deleted from the store and its name is used up. `false` when another process already did.
 */
export async function markPurged(tx: Tx, placeId: number): Promise<boolean> {
  const rows = await tx
    .update(places)
    .set({ state: 'purged', purgedAt: sql`now()` })
    .where(and(eq(places.id, placeId), ne(places.state, 'purged')))
    .returning({ id: places.id })
  return rows.length > 0
}

/** Deletes a reservation whose namespace the store refused: nothing ever existed. */
export async function erasePlace(tx: Tx, placeId: number): Promise<void> {
  await tx.delete(places).where(and(eq(places.id, placeId), eq(places.state, 'reserved')))
}

export async function hasPlaces(tx: Tx, tenantId: TenantId): Promise<boolean> {
  const rows = await tx.select({ id: places.id }).from(places).where(eq(places.tenantId, tenantId)).limit(1)
  return rows.length > 0
}

/** Whether an index still holds data of any tenant. */
export async function isIndexInUse(tx: Tx, indexId: number): Promise<boolean> {
  const rows = await tx
    .select({ id: places.id })
    .from(places)
    .where(and(eq(places.indexId, indexId), ne(places.state, 'purged')))
    .limit(1)
  return rows.length > 0
}

/**
 * Whether any tenant's requests go to the place, or will: such a place is never deleted (docs/moves.md I10). The routing
 * of an offboarded tenant stays with its last place, and serves nobody; so does it while the id is onboarded again.
 */
export async function isRoutedTo(tx: Tx, placeId: number): Promise<boolean> {
  const isServed = sql`${tenants.status} <> 'offboarded' and ${places.generation} >= ${tenants.firstGeneration}`
  const rows = await tx
    .select({ tenantId: routing.tenantId })
    .from(routing)
    .innerJoin(tenants, eq(tenants.id, routing.tenantId))
    .innerJoin(places, eq(places.id, placeId))
    .where(and(or(eq(routing.activePlaceId, placeId), eq(routing.followerPlaceId, placeId)), isServed))
    .limit(1)
  return rows.length > 0
}
