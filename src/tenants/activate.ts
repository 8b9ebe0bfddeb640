import type { Db } from '../db/connect.ts'
import { routeToFirstPlaces } from '../registry/first-routes.ts'
import { activatePlaces, type PlaceRow } from '../registry/places.ts'
import { changeStatus, type TenantRow } from '../registry/tenants.ts'

/**
 * The last transaction of onboarding, for many tenants at once: the place is active, the routing names it, the tenant
 * is served. The cleanup stays open, unarmed, for the day when the place is given up.
 * @returns one an item, in order; undefined when the place was no longer the tenant's reserved one.
 */
export async function activate(
  { db }: { readonly db: Db },
  places: readonly PlaceRow[],
): Promise<readonly (TenantRow | undefined)[]> {
  return db.transaction(async (tx) => {
    const activated = await activatePlaces(
      tx,
      places.map((place) => place.id),
    )
    const ids = activated.map((place) => place.tenantId).toSorted()
    const tenants = new Map((await changeStatus(tx, ids, 'provisioning', 'active')).map((row) => [row.id, row]))
    if (tenants.size !== activated.length) throw new Error('A reserved place belongs to a tenant that awaits none.')
    const byPlace = new Map(activated.map((place) => [place.id, tenants.get(place.tenantId)]))
    await routeToFirstPlaces(tx, activated)
    return places.map((place) => byPlace.get(place.id))
  })
}
