import { and, eq, inArray, isNotNull, ne, sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { TenantStatus } from '../placement/phase.ts'
import type { RecordFields } from '../placement/record-fields.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { type Author, authorColumns, authorFrom, authorNames, authorValues } from './audit/audit.ts'
import { indexes } from './indexes.sql.ts'
import type { IndexRow } from './indexes.ts'
import { type PlaceState, places } from './places.sql.ts'
import { tenants } from './tenants.sql.ts'

/** A namespace that becomes a tenant's place. */
export interface AdoptedPlace {
  readonly namespace: string
  readonly tenantId: TenantId
}

/** Rows of one statement. */
const sliceSize = 5_000

/**
 * Makes namespaces of an adopted index the first places of new tenants, which are served from the commit on. The caller
 * holds the index's lock.
 * @returns how many were written; fewer than given when an id or a namespace was taken meanwhile.
 */
export async function adoptPlaces(
  tx: Tx,
  index: IndexRow,
  given: readonly AdoptedPlace[],
  actor: Author,
): Promise<number> {
  let written = 0
  for (let from = 0; from < given.length; from += sliceSize) {
    const slice = given.slice(from, from + sliceSize)
    const ids = sql.param(slice.map(({ tenantId }) => tenantId))
    const namespaces = sql.param(slice.map(({ namespace }) => namespace))
    const [row] = await tx.execute<{ n: number }>(sql`
      with given as (
        select * from unnest(${ids}::text[], ${namespaces}::text[]) as g (id, namespace)
      ), claimed as (
        insert into tenants (id, name, tier, status, initial_kind, last_generation, adopted_namespace)
        select id, id, 'standard', 'active', ${index.kind}, 1, namespace from given order by id
        on conflict do nothing
        returning id
      ), placed as (
        insert into places (tenant_id, index_id, project, index_name, namespace, generation, state)
        select id, ${index.id}, ${index.project}, ${index.name}, namespace, 1, 'active' from given join claimed using (id)
        on conflict do nothing
        returning id, tenant_id, namespace
      ), routed as (
        insert into routing (tenant_id, epoch, phase, active_place_id) select tenant_id, 1, 'steady', id from placed
      ), cleaned as (
        insert into cleanups (place_id) select id from placed
      ), noted as (
        insert into audit (${authorNames}, action, tenant_id, detail)
        select ${authorValues}, 'tenant.adopt', tenant_id, jsonb_build_object('index', ${index.name}::text, 'namespace', namespace)
        from placed, ${authorFrom(sql`${JSON.stringify(authorColumns(actor))}::text`)}
      )
      select count(*)::int as n from placed`)
    written += row?.n ?? 0
  }
  const [only] = given
  await tx
    .update(indexes)
    .set({
      namespacesUsed: sql`${indexes.namespacesUsed} + ${written}`,
      ...(index.kind === 'silo' && only !== undefined && { tenantId: only.tenantId }),
    })
    .where(eq(indexes.id, index.id))
  return written
}

/** A place of any tenant in an index, by its namespace. */
export interface KnownPlace extends AdoptedPlace {
  readonly state: PlaceState
}

export async function listPlacesIn(tx: Tx, indexId: number): Promise<readonly KnownPlace[]> {
  return tx
    .select({ namespace: places.namespace, tenantId: places.tenantId, state: places.state })
    .from(places)
    .where(eq(places.indexId, indexId))
}

/** Tenants whose requests go to an index. */
export async function listTenantsIn(tx: Tx, indexId: number): Promise<readonly TenantId[]> {
  const rows = await tx
    .select({ tenantId: places.tenantId })
    .from(places)
    .where(and(eq(places.indexId, indexId), eq(places.state, 'active')))
  return rows.map(({ tenantId }) => tenantId)
}

/**
 * Sets some of an adopted tenant's own fields; the others stay as they are, at first those of its index.
 * @returns all that differ from ours; undefined when there is no such adopted tenant.
 */
export async function setTenantFields(
  tx: Tx,
  tenantId: TenantId,
  fields: Partial<RecordFields>,
): Promise<Partial<RecordFields> | undefined> {
  const ofIndex = tx
    .select({ fields: indexes.fields })
    .from(places)
    .innerJoin(indexes, eq(indexes.id, places.indexId))
    .where(and(eq(places.tenantId, tenantId), eq(places.state, 'active')))
  const [row] = await tx
    .update(tenants)
    .set({ fields: sql`coalesce(${tenants.fields}, (${ofIndex}), '{}') || ${JSON.stringify(fields)}::jsonb` })
    .where(and(eq(tenants.id, tenantId), isNotNull(tenants.adoptedNamespace), ne(tenants.status, 'offboarded')))
    .returning({ fields: tenants.fields })
  return row?.fields ?? undefined
}

/** Those of the ids that a present or former tenant has. */
export async function listTakenIds(tx: Tx, ids: readonly TenantId[]): Promise<ReadonlyMap<TenantId, TenantStatus>> {
  const taken = new Map<TenantId, TenantStatus>()
  for (let from = 0; from < ids.length; from += sliceSize) {
    const rows = await tx
      .select({ id: tenants.id, status: tenants.status })
      .from(tenants)
      .where(inArray(tenants.id, ids.slice(from, from + sliceSize)))
    for (const { id, status } of rows) taken.set(id, status)
  }
  return taken
}

/** The adopted index that a tenant's requests go to, while an older key may still write to it. */
export async function findUnsealedIndex(tx: Tx, tenantId: TenantId): Promise<string | undefined> {
  const [row] = await tx
    .select({ name: indexes.name })
    .from(places)
    .innerJoin(indexes, eq(indexes.id, places.indexId))
    .where(
      and(
        eq(places.tenantId, tenantId),
        eq(places.state, 'active'),
        sql`${indexes.adoptedAt} is not null and ${indexes.sealedAt} is null`,
      ),
    )
  return row?.name
}

/**
 * Notes the first write of an adopted tenant through the router: from the commit on its adoption can't be undone.
 * @returns false when it was noted before, or the tenant is not served any more.
 */
export async function noteFirstWrite(tx: Tx, tenantId: TenantId): Promise<boolean> {
  const rows = await tx
    .update(tenants)
    .set({ firstWriteAt: sql`now()` })
    .where(and(eq(tenants.id, tenantId), eq(tenants.status, 'active'), sql`${tenants.firstWriteAt} is null`))
    .returning({ id: tenants.id })
  return rows.length > 0
}
