import type { Sql } from 'postgres'
import type { PlaceRow } from './places.ts'
import type { TenantRow } from './tenants.ts'

type Row = Omit<TenantRow, 'createdAt' | 'updatedAt'> & { placeId: number; createdAt: string; updatedAt: string }

/**
 * Activates first places and their tenants in one statement: see `seatNewTenants`. A place missing in the answer was no
 * longer reserved, or its tenant had an earlier life.
 */
export async function activateNewTenants(
  sql: Sql,
  places: readonly Pick<PlaceRow, 'id'>[],
): Promise<ReadonlyMap<number, TenantRow>> {
  const rows = await sql<Row[]>`
    with placed as (
      update places set state = 'active'
      where id = any(${places.map((place) => place.id)}::bigint[]) and state = 'reserved' and generation = 1
      returning id, tenant_id
    ), routed as (
      insert into routing (tenant_id, epoch, phase, active_place_id) select tenant_id, 1, 'steady', id from placed
    )
    update tenants set status = 'active', updated_at = now() from placed where tenants.id = tenant_id
    returning placed.id::int as "placeId", tenants.id, name, tier, status, region, limits, attributes,
      initial_kind as "initialKind", last_generation as "lastGeneration",
      created_at as "createdAt", updated_at as "updatedAt"`
  return new Map(
    rows.map(({ placeId, createdAt, updatedAt, ...tenant }) => [
      placeId,
      { ...tenant, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) },
    ]),
  )
}
