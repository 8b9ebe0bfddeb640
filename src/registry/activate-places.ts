import { sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { PlaceRow } from './places.ts'
import type { TenantRow } from './tenants.ts'

export interface ActivatedPlace {
  readonly placeId: number
  readonly tenant: TenantRow
  /**
   * Whether the tenant has a new routing row, which no replica has cached. `false`: it had one already, still to be
   * changed.
   */
  readonly isRouted: boolean
}

/**
 * Activates reserved places and their tenants, in one statement: see `reservePlaces`.
 * @returns by place; one that is no longer reserved, or whose tenant awaits none, is left out.
 */
export async function activatePlaces(
  tx: Tx,
  places: readonly Pick<PlaceRow, 'id'>[],
): Promise<ReadonlyMap<number, ActivatedPlace>> {
  const rows = await tx.execute<Row>(sql`
    with awaited as (
      select places.id as place_id, tenants.id from places join tenants on tenants.id = places.tenant_id
      where places.id = any(${sql.param(places.map(({ id }) => id))}::bigint[]) and state = 'reserved'
        and status = 'provisioning'
      order by tenants.id for update
    ), placed as (
      update places set state = 'active' from awaited where places.id = place_id
    ), routed as (
      insert into routing (tenant_id, epoch, phase, active_place_id) select id, 1, 'steady', place_id from awaited
      on conflict (tenant_id) do nothing
      returning tenant_id
    ), served as (
      update tenants set status = 'active', updated_at = now() from awaited where tenants.id = awaited.id
      returning place_id, tenants.*
    )
    select place_id::int as "placeId", routed.tenant_id is not null as "isRouted", id, name, tier, tier_since as "tierSince", status, region, limits,
      limits_until as "limitsUntil", attributes, initial_kind as "initialKind", adopted_namespace as "adoptedNamespace", first_write_at as "firstWriteAt", fields, held, last_generation as "lastGeneration",
      first_generation as "firstGeneration", created_at as "createdAt", updated_at as "updatedAt"
    from served left join routed on routed.tenant_id = served.id`)
  return new Map(rows.map((row) => [row.placeId, activated(row)]))
}

type Row = Record<string, unknown> &
  Omit<TenantRow, 'createdAt' | 'updatedAt' | 'tierSince' | 'limitsUntil' | 'firstWriteAt'> & {
    readonly placeId: number
    readonly isRouted: boolean
    readonly limitsUntil: string | null
    readonly firstWriteAt: string | null
    readonly tierSince: string
    readonly createdAt: string
    readonly updatedAt: string
  }

function activated({ placeId, isRouted, ...row }: Row): ActivatedPlace {
  const { limitsUntil, firstWriteAt, tierSince, createdAt, updatedAt, ...tenant } = row
  const dates = { tierSince: new Date(tierSince), createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }
  return {
    placeId,
    isRouted,
    tenant: { ...tenant, ...dates, limitsUntil: dateOf(limitsUntil), firstWriteAt: dateOf(firstWriteAt) },
  }
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
