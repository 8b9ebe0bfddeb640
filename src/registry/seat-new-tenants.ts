import type { Sql } from 'postgres'
import { namespaceName } from '../placement/naming.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { NewTenant } from './tenants.ts'

/** A tenant without an earlier life, and its chosen shared index. */
export interface NewSeat {
  readonly tenant: NewTenant
  readonly indexId: number
  readonly actor: string
}

/** A written row: the tenant and its first place. */
export interface Seated {
  readonly tenantId: TenantId
  readonly placeId: number
  readonly indexId: number
}

/**
 * Writes tenants, places, cleanups, the indexes' counters and the audit in one statement. So a burst of new tenants
 * costs one exchange with Postgres, and the contended counter is locked only that long.
 *
 * @returns the seated tenants: an id with an earlier life is left out.
 * @throws Postgres's check violation when an index lacks capacity for all its new tenants, is full or is going away:
 *   nothing was written. See `isOutOfRoom`.
 */
export async function seatNewTenants(sql: Sql, seats: readonly NewSeat[]): Promise<readonly Seated[]> {
  const of = <T>(pick: (seat: NewSeat) => T) => seats.map(pick)
  return sql<{ tenantId: TenantId; placeId: number; indexId: number }[]>`
    with wanted as (
      select * from unnest(
        ${of((seat) => seat.tenant.id)}::text[], ${of((seat) => seat.tenant.name)}::text[],
        ${of((seat) => seat.tenant.tier)}::text[], ${of((seat) => seat.tenant.region)}::text[],
        ${of((seat) => JSON.stringify(seat.tenant.limits))}::text[],
        ${of((seat) => JSON.stringify(seat.tenant.attributes))}::text[],
        ${of((seat) => namespaceName(seat.tenant.id, 1))}::text[],
        ${of((seat) => seat.indexId)}::bigint[], ${of((seat) => seat.actor)}::text[]
      ) as w (id, name, tier, region, limits, attributes, namespace, index_id, actor)
    ), claimed as (
      insert into tenants (id, name, tier, status, region, limits, attributes, initial_kind, last_generation)
      select id, name, tier, 'provisioning', region, limits::jsonb, attributes::jsonb, 'pool', 1 from wanted order by id
      on conflict (id) do nothing
      returning id
    ), counted as (
      -- -1 breaks the check on the column, and with it the whole statement.
      update indexes
      set namespaces_used = case when is_full or draining or state not in ('creating', 'ready') then -1 else namespaces_used + n end
      from (select index_id, count(*)::int as n from claimed join wanted using (id) group by index_id) as taken
      where indexes.id = taken.index_id
      returning indexes.id, project, name
    ), placed as (
      insert into places (tenant_id, index_id, project, index_name, namespace, generation, state)
      select claimed.id, index_id, counted.project, counted.name, namespace, 1, 'reserved'
      from claimed join wanted using (id) join counted on counted.id = index_id
      returning id, tenant_id, index_id
    ), cleaned as (
      insert into cleanups (place_id) select id from placed
    ), noted as (
      insert into audit (actor, action, tenant_id, detail)
      select actor, 'tenant.create', claimed.id, jsonb_build_object('name', name, 'tier', tier, 'startsIn', 'pool')
      from claimed join wanted using (id)
    )
    select tenant_id as "tenantId", id::int as "placeId", index_id::int as "indexId" from placed`
}

export function isOutOfRoom(error: unknown): boolean {
  return error instanceof Error && 'constraint_name' in error && error.constraint_name === 'indexes_within_limit'
}
