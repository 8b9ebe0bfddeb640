import { and, eq, inArray, ne, or, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { Placement } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { indexes } from './indexes.sql.ts'
import { places } from './places.sql.ts'
import { routing } from './routing.sql.ts'

export type PlaceRow = typeof places.$inferSelect
export type NewPlace = typeof places.$inferInsert

type PlaceFacts = Pick<PlaceRow, 'id' | 'tenantId' | 'project' | 'indexName' | 'namespace' | 'generation'>
type IndexFacts = Pick<typeof indexes.$inferSelect, 'kind' | 'host'>

/** A place as the store takes it. The index must be ready: only then is its host known. */
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
  }
}

export async function insertPlaces(tx: Tx, rows: readonly NewPlace[]): Promise<readonly PlaceRow[]> {
  return tx
    .insert(places)
    .values([...rows])
    .returning()
}

export async function findPlace(tx: Tx, placeId: number): Promise<PlaceRow | undefined> {
  const [row] = await tx.select().from(places).where(eq(places.id, placeId))
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

/** Every place of a tenant that may still have something in the store. */
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

/** Makes reserved places the active ones of their tenants; those that are not in the answer were not reserved any more. */
export async function activatePlaces(tx: Tx, placeIds: readonly number[]): Promise<readonly PlaceRow[]> {
  return tx
    .update(places)
    .set({ state: 'active' })
    .where(and(inArray(places.id, [...placeIds]), eq(places.state, 'reserved')))
    .returning()
}

/** Nothing names the place any more; what may be in it has still to be deleted. */
export async function retirePlace(tx: Tx, placeId: number): Promise<void> {
  await tx.update(places).set({ state: 'retiring' }).where(eq(places.id, placeId))
}

/** The place is gone from the store and its name burnt. `false` when someone else has already said so. */
export async function markPurged(tx: Tx, placeId: number): Promise<boolean> {
  const rows = await tx
    .update(places)
    .set({ state: 'purged', purgedAt: sql`now()` })
    .where(and(eq(places.id, placeId), ne(places.state, 'purged')))
    .returning({ id: places.id })
  return rows.length > 0
}

/** For a reservation whose namespace the store refused: nothing was ever there. */
export async function erasePlace(tx: Tx, placeId: number): Promise<void> {
  await tx.delete(places).where(and(eq(places.id, placeId), eq(places.state, 'reserved')))
}

export async function hasPlaces(tx: Tx, tenantId: TenantId): Promise<boolean> {
  const rows = await tx.select({ id: places.id }).from(places).where(eq(places.tenantId, tenantId)).limit(1)
  return rows.length > 0
}

/** Whether an index still has something of anyone in it. */
export async function isIndexInUse(tx: Tx, indexId: number): Promise<boolean> {
  const rows = await tx
    .select({ id: places.id })
    .from(places)
    .where(and(eq(places.indexId, indexId), ne(places.state, 'purged')))
    .limit(1)
  return rows.length > 0
}

/** Whether any tenant's requests go to the place, or are about to: then it is never deleted (docs/moves.md I10). */
export async function isRoutedTo(tx: Tx, placeId: number): Promise<boolean> {
  const rows = await tx
    .select({ tenantId: routing.tenantId })
    .from(routing)
    .where(or(eq(routing.activePlaceId, placeId), eq(routing.followerPlaceId, placeId)))
    .limit(1)
  return rows.length > 0
}
