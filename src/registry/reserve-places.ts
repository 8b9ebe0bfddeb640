import { sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import { namespaceName } from '../placement/naming.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { type Author, authorColumns, authorFrom, authorNames, authorValues } from './audit/audit.ts'
import type { IndexState } from './indexes.sql.ts'
import type { IndexRow } from './indexes.ts'
import type { PlaceRow } from './places.ts'
import { isFreeAgain, type NewTenant } from './tenants.ts'

/** A new tenant, and the index for its first place. */
export interface TenantToCreate {
  readonly tenant: NewTenant
  readonly actor: Author
  readonly indexId: number
}

/** A provisioning tenant that needs another place, since the store refused the last one. */
export interface TenantToPlace {
  readonly tenantId: TenantId
  /** The generation of the refused place. */
  readonly lastGeneration: number
  readonly indexId: number
}

/** A place that is counted and written down, but not made in the store yet. */
export interface PlaceReservation {
  readonly place: Pick<PlaceRow, 'id' | 'tenantId' | 'indexId' | 'indexName' | 'project' | 'namespace' | 'generation'>
  readonly index: Pick<IndexRow, 'id' | 'kind' | 'state' | 'host' | 'embeddingModel' | 'dimension' | 'metric'>
}

/**
 * Reserves places for many tenants: the tenants' rows, the places, their cleanups, the indexes' counters and the audit,
 * in one statement. A burst of new tenants costs one exchange with Postgres, and the contended counter is locked only
 * that long. A created tenant takes a free id (never used, or offboarded). Cleanups are written with their places,
 * before the store is asked for a namespace (docs/moves.md I11).
 *
 * @returns the places, unordered. A tenant whose id is taken, or whose generation has risen meanwhile, is left out.
 * @throws Postgres's check violation when an index lacks capacity for all its tenants, is full or is being deleted.
 *   Nothing is written then. See `isOutOfCapacity`.
 */
export async function reservePlaces(
  tx: Tx,
  created: readonly TenantToCreate[],
  waiting: readonly TenantToPlace[] = [],
): Promise<readonly PlaceReservation[]> {
  if (created.length + waiting.length === 0) return []
  const of = <T>(pick: (one: TenantToCreate) => T) => sql.param(created.map(pick))
  const ofWaiting = <T>(pick: (one: TenantToPlace) => T) => sql.param(waiting.map(pick))
  const rows = await tx.execute<Row>(sql`
    with created as (
      select * from unnest(
        ${of(({ tenant }) => tenant.id)}::text[], ${of(({ tenant }) => tenant.name)}::text[],
        ${of(({ tenant }) => tenant.tier)}::text[], ${of(({ tenant }) => tenant.region)}::text[],
        ${of(({ tenant }) => JSON.stringify(tenant.limits))}::text[],
        ${of(({ tenant }) => JSON.stringify(tenant.attributes))}::text[],
        ${of(({ tenant }) => tenant.initialKind)}::text[], ${of(({ tenant }) => stemOf(tenant.id))}::text[],
        ${of(({ indexId }) => indexId)}::bigint[], ${of(({ actor }) => JSON.stringify(authorColumns(actor)))}::text[]
      ) as c (id, name, tier, region, limits, attributes, kind, stem, index_id, actor)
    ), waiting as (
      select * from unnest(
        ${ofWaiting(({ tenantId }) => tenantId)}::text[], ${ofWaiting(({ tenantId }) => stemOf(tenantId))}::text[],
        ${ofWaiting(({ indexId }) => indexId)}::bigint[], ${ofWaiting((one) => one.lastGeneration)}::integer[]
      ) as w (id, stem, index_id, last_generation)
    ), claimed as (
      -- In the order of the ids, so that two callers can't lock each other out.
      insert into tenants (id, name, tier, status, region, limits, attributes, initial_kind, last_generation)
      select id, name, tier, 'provisioning', region, limits::jsonb, attributes::jsonb, kind, 1 from created order by id
      on conflict (id) do update set
        name = excluded.name, tier = excluded.tier, tier_since = now(), region = excluded.region, limits = excluded.limits,
        limits_until = null, adopted_namespace = null, first_write_at = null, fields = null,
        attributes = excluded.attributes, initial_kind = excluded.initial_kind,
        status = 'provisioning', last_generation = tenants.last_generation + 1,
        first_generation = tenants.last_generation + 1, updated_at = now()
      where ${isFreeAgain}
      returning id, last_generation
    ), raised as (
      update tenants set last_generation = tenants.last_generation + 1 from waiting
      where tenants.id = waiting.id and tenants.last_generation = waiting.last_generation
        and tenants.status = 'provisioning'
      returning tenants.id, tenants.last_generation
    ), wanted as (
      select id, claimed.last_generation as generation, stem, index_id from claimed join created using (id)
      union all
      select id, raised.last_generation, stem, index_id from raised join waiting using (id)
    ), counted as (
      -- -1 breaks the check on the column, and with it the whole statement.
      update indexes
      set namespaces_used = case when is_full or draining or state not in ('creating', 'ready') then -1 else namespaces_used + n end
      from (select index_id, count(*)::int as n from wanted group by index_id) as taken
      where indexes.id = taken.index_id
      returning indexes.id, project, name, kind, state, host, embedding_model, dimension, metric
    ), placed as (
      insert into places (tenant_id, index_id, project, index_name, namespace, generation, state)
      select wanted.id, index_id, counted.project, counted.name, stem || generation, generation, 'reserved'
      from wanted join counted on counted.id = index_id
      returning id, tenant_id, index_id, index_name, project, namespace, generation
    ), cleaned as (
      insert into cleanups (place_id) select id from placed
    ), noted as (
      insert into audit (${authorNames}, action, tenant_id, detail)
      select ${authorValues}, 'tenant.create', id,
        jsonb_build_object('name', name, 'tier', tier, 'startsIn', kind)
      from claimed join created using (id), ${authorFrom(sql`created.actor`)}
    )
    select placed.id::int as id, tenant_id, index_id::int as index_id, index_name, placed.project, namespace, generation,
      kind, state, host, embedding_model, dimension, metric
    from placed join counted on counted.id = index_id`)
  return rows.map(reservationOf)
}

export function isOutOfCapacity(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('constraint_name' in at && at.constraint_name === 'indexes_within_limit') return true
  }
  return false
}

/** Postgres appends the generation, which only it knows for a reused id. */
function stemOf(tenantId: TenantId): string {
  return namespaceName(tenantId, 0).slice(0, -1)
}

interface Row extends Record<string, unknown> {
  readonly id: number
  readonly tenant_id: TenantId
  readonly index_id: number
  readonly index_name: string
  readonly project: string
  readonly namespace: string
  readonly generation: number
  readonly kind: IndexRow['kind']
  readonly state: IndexState
  readonly host: string | null
  readonly embedding_model: string
  readonly dimension: number
  readonly metric: IndexRow['metric']
}

function reservationOf(row: Row): PlaceReservation {
  const { id, tenant_id: tenantId, index_id: indexId, index_name: indexName, project, namespace, generation } = row
  return {
    place: { id, tenantId, indexId, indexName, project, namespace, generation },
    index: {
      id: indexId,
      kind: row.kind,
      state: row.state,
      host: row.host,
      embeddingModel: row.embedding_model,
      dimension: row.dimension,
      metric: row.metric,
    },
  }
}
