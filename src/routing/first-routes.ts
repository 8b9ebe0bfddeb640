import { inArray, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { PlaceRow } from '../registry/places.ts'
import { routing } from '../registry/routing.sql.ts'
import { tickRouting } from './change-routing.ts'

/**
 * Routes tenants to their first place, also after an offboarding. The latter still have a routing row, which replicas
 * may have cached: it is changed and ticked. A new row needs no tick, since nobody knows it.
 */
export async function routeToFirstPlaces(tx: Tx, places: readonly PlaceRow[]): Promise<void> {
  if (places.length === 0) return
  const returning = places.filter((place) => place.generation > 1)
  const known = returning.length === 0 ? new Set<TenantId>() : await pointAt(tx, returning)
  const unknown = places.filter((place) => !known.has(place.tenantId))
  if (unknown.length > 0) {
    await tx.insert(routing).values(
      unknown.map((place) => ({
        tenantId: place.tenantId,
        epoch: 1,
        phase: 'steady' as const,
        activePlaceId: place.id,
      })),
    )
  }
  for (const tenantId of known) await tickRouting(tx, tenantId)
}

async function pointAt(tx: Tx, places: readonly PlaceRow[]): Promise<ReadonlySet<TenantId>> {
  const placeOf = sql.join(
    places.map((place) => sql`when ${place.tenantId} then ${place.id}::bigint`),
    sql` `,
  )
  const rows = await tx
    .update(routing)
    .set({ activePlaceId: sql`case ${routing.tenantId} ${placeOf} end` })
    .where(
      inArray(
        routing.tenantId,
        places.map((place) => place.tenantId),
      ),
    )
    .returning({ tenantId: routing.tenantId })
  return new Set(rows.map((row) => row.tenantId))
}
