import type { Db } from '../../db/connect.ts'
import { activateNewTenants } from '../../registry/activate-new-tenants.ts'
import { activatePlaces } from '../../registry/places.ts'
import { changeStatus, type TenantRow } from '../../registry/tenants.ts'
import { routeToFirstPlaces } from '../../routing/first-routes.ts'
import type { Reservation } from './take-seats.ts'

/**
 * The last transaction of onboarding, for many tenants at once: activates the place, routes to it, and serves the
 * tenant. The cleanup stays open, unarmed, until the place is given up.
 * @returns one result per item, in order; undefined when the place was no longer the tenant's reserved one.
 */
export async function activate(
  { db }: { readonly db: Db },
  places: readonly Reservation['place'][],
): Promise<readonly (TenantRow | undefined)[]> {
  const first = places.filter((place) => place.generation === 1)
  const further = places.filter((place) => place.generation > 1)
  const active = new Map(first.length === 0 ? [] : await activateNewTenants(db.$client, first))
  if (further.length > 0) for (const [id, tenant] of await activateFurther(db, further)) active.set(id, tenant)
  return places.map((place) => active.get(place.id))
}

/** For tenants with an earlier life, or whose first place was refused. */
async function activateFurther(db: Db, places: readonly Reservation['place'][]) {
  return db.transaction(async (tx) => {
    const activated = await activatePlaces(
      tx,
      places.map((place) => place.id),
    )
    const ids = activated.map((place) => place.tenantId).toSorted()
    const tenants = new Map((await changeStatus(tx, ids, 'provisioning', 'active')).map((row) => [row.id, row]))
    await routeToFirstPlaces(tx, activated)
    return activated.flatMap(({ id, tenantId }) => {
      const tenant = tenants.get(tenantId)
      if (tenant === undefined) throw new Error('A reserved place belongs to a tenant that awaits none.')
      return [[id, tenant] as const]
    })
  })
}
