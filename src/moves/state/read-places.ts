import { eq } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { Routing } from '../../placement/phase.ts'
import type { Placement } from '../../placement/placement.ts'
import { ownFields, type RecordFields } from '../../placement/record-fields.ts'
import { indexes } from '../../registry/indexes.sql.ts'
import { places } from '../../registry/places.sql.ts'
import { toPlacement } from '../../registry/places.ts'
import { readRoute } from '../../routing/read-route.ts'
import type { MoveRow } from './move-history.ts'

/** A move's two places as rows; `target` is undefined until it is reserved. */
export interface MovePlaces {
  readonly source: PlaceAndIndex
  readonly target: PlaceAndIndex | undefined
}

export interface PlaceAndIndex {
  readonly place: typeof places.$inferSelect
  readonly index: typeof indexes.$inferSelect
}

export async function readPlaces(tx: Tx, move: MoveRow): Promise<MovePlaces> {
  const source = await readPlace(tx, move.sourcePlaceId)
  if (source === undefined) throw new Error(`move ${move.id} has no source`)
  return { source, target: move.targetPlaceId === null ? undefined : await readPlace(tx, move.targetPlaceId) }
}

export async function readPlace(tx: Tx, placeId: number): Promise<PlaceAndIndex | undefined> {
  const [row] = await tx
    .select({ place: places, index: indexes })
    .from(places)
    .innerJoin(indexes, eq(indexes.id, places.indexId))
    .where(eq(places.id, placeId))
  return row
}

/** Both placements of a move whose target is ready. */
export async function readPlacements(tx: Tx, move: MoveRow): Promise<{ source: Placement; target: Placement }> {
  const { source, target } = await readPlaces(tx, move)
  if (target === undefined) throw new Error(`move ${move.id} has no target yet`)
  return {
    source: toPlacement(source.place, source.index),
    target: toPlacement(target.place, target.index),
  }
}

/** The tenant's present routing. A tenant with a move always has one. */
export async function readRouting(tx: Tx, move: MoveRow): Promise<Routing> {
  const lookup = await readRoute(tx, move.tenantId)
  if ('missing' in lookup) throw new Error(`the tenant of move ${move.id} has no routing: ${lookup.missing}`)
  return lookup.found.route.routing
}

/** The fields of a tenant's records: of one that was adopted its app's own. */
export async function readFields(tx: Tx, move: Pick<MoveRow, 'tenantId'>): Promise<RecordFields> {
  const lookup = await readRoute(tx, move.tenantId)
  return 'missing' in lookup ? ownFields : (lookup.found.route.adopted?.fields ?? ownFields)
}

/** A tenant's active place and the fields of its records; undefined when there is no such tenant. */
export async function readSource(
  tx: Tx,
  { tenantId }: Pick<MoveRow, 'tenantId'>,
): Promise<{ readonly placement: Placement; readonly fields: RecordFields } | undefined> {
  const lookup = await readRoute(tx, tenantId)
  if ('missing' in lookup) return undefined
  const { routing, adopted } = lookup.found.route
  return { placement: routing.active, fields: adopted?.fields ?? ownFields }
}

/** The two places of a tenant in a move, by their present roles. */
export async function readMoving(tx: Tx, move: MoveRow): Promise<Exclude<Routing, { phase: 'steady' }>> {
  const routing = await readRouting(tx, move)
  if (routing.phase === 'steady' || routing.moveId !== move.id) throw new Error(`move ${move.id} has not been armed`)
  return routing
}
