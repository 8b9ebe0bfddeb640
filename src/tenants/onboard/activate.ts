import type { Db, Tx } from '../../db/connect.ts'
import { activatePlaces } from '../../registry/activate-places.ts'
import type { PlaceReservation } from '../../registry/reserve-places.ts'
import type { TenantRow } from '../../registry/tenants.ts'
import { routeAgain } from '../../routing/route-again.ts'

/**
 * The last transaction of onboarding, for many tenants at once: the place is active, the routing names it, the tenant
 * is served. The cleanup stays open, unarmed, for the day when the place is given up.
 * @returns one an item, in order; undefined when the place was no longer the tenant's reserved one.
 */
export async function activate(
  { db }: { readonly db: Db },
  places: readonly PlaceReservation['place'][],
): Promise<readonly (TenantRow | undefined)[]> {
  const first = places.filter((place) => place.generation === 1)
  const further = places.filter((place) => place.generation > 1)
  const active = new Map<number, TenantRow>()
  const activateIn = async (tx: Tx, some: typeof places) => {
    if (some.length === 0) return
    for (const [placeId, { tenant, isRouted }] of await activatePlaces(tx, some)) {
      if (!isRouted) await routeAgain(tx, tenant.id, placeId)
      active.set(placeId, tenant)
    }
  }
  // A tenant that is new has no routing row: one statement does it all, without a transaction around it.
  await activateIn(db, first)
  if (further.length > 0) await db.transaction((tx) => activateIn(tx, further))
  return places.map((place) => active.get(place.id))
}
