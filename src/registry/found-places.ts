import { and, eq, sql } from 'drizzle-orm'
import type { Db, Tx } from '../db/connect.ts'
import type { Held, Phase } from '../placement/phase.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { indexes } from './indexes.sql.ts'
import type { IndexRow, NewIndex } from './indexes.ts'
import type { PlaceState } from './places.sql.ts'
import { tenants } from './tenants.sql.ts'

/** A namespace that the store showed after a restore. */
export interface SeenNamespace {
  readonly namespace: string
  readonly records: number
  /** Set for a name of ours; others are only marked as seen where a place has them. */
  readonly named?: { readonly tenantId: TenantId; readonly generation: number } | undefined
}

/** Takes an index into the registry; a shared one gets no new tenants. False: it is there already. */
export async function insertFoundIndex(tx: Tx, index: Omit<NewIndex, 'state' | 'draining'>): Promise<boolean> {
  const [row] = await tx
    .insert(indexes)
    .values({ ...index, state: 'ready', draining: index.kind === 'pool' })
    .onConflictDoNothing()
    .returning({ id: indexes.id })
  return row !== undefined
}

/**
 * Notes what the store shows of an index, a page at a time: known places are marked as seen, and unknown ones of our
 * naming become places that a person decides about, with their tenants, which are held.
 */
export async function noteSeen(db: Db, index: IndexRow, seen: readonly SeenNamespace[]): Promise<void> {
  const ours = seen.filter(({ named }) => named !== undefined)
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      update places set seen_at = now(), seen_records = s.records
      from unnest(${sql.param(seen.map(({ namespace }) => namespace))}::text[],
        ${sql.param(seen.map(({ records }) => records))}::bigint[]) as s (namespace, records)
      where places.index_id = ${index.id} and places.namespace = s.namespace`)
    const [row] = await tx.execute<{ added: number }>(sql`
      with s as (
        select * from unnest(${sql.param(ours.map(({ namespace }) => namespace))}::text[],
          ${sql.param(ours.map(({ named }) => named?.tenantId))}::text[],
          ${sql.param(ours.map(({ named }) => named?.generation))}::int[],
          ${sql.param(ours.map(({ records }) => records))}::bigint[]) as s (namespace, tenant_id, generation, records)
        where not exists (select from places p where p.project = ${index.project} and p.index_name = ${index.name}
          and p.namespace = s.namespace)
      ), known as (
        insert into tenants (id, name, tier, status, initial_kind, last_generation, held)
        select distinct on (tenant_id) tenant_id, tenant_id, ${index.kind === 'silo' ? 'enterprise' : 'standard'}, 'held',
          ${index.kind}, generation, '{"was": null, "verdict": "unchecked"}'::jsonb from s order by tenant_id, generation desc
        on conflict (id) do update set last_generation = greatest(tenants.last_generation, excluded.last_generation),
          held = coalesce(tenants.held, jsonb_build_object('was', tenants.status, 'verdict', 'unchecked')), status = 'held'
          where tenants.status in ('held', 'offboarded')
        returning id
      ), placed as (
        insert into places (tenant_id, index_id, project, index_name, namespace, generation, state, seen_at, seen_records)
        select tenant_id, ${index.id}, ${index.project}, ${index.name}, namespace, generation, 'found', now(), records
        from s join known on known.id = s.tenant_id
        on conflict do nothing
        returning id
      ), cleaned as (
        insert into cleanups (place_id) select id from placed
      )
      select count(*)::int as added from placed`)
    const added = row?.added ?? 0
    await tx
      .update(indexes)
      .set({
        namespaceLimit: sql`greatest(${indexes.namespaceLimit}, ${indexes.namespacesUsed} + ${added})`,
        namespacesUsed: sql`${indexes.namespacesUsed} + ${added}`,
      })
      .where(and(eq(indexes.id, index.id), sql`${added} > 0`))
  })
}

/** A held tenant, with its places and whether the store showed them since `since`. */
export interface HeldRow {
  readonly id: TenantId
  readonly held: Held
  readonly phase: Phase | null
  readonly isMoving: boolean
  readonly places: readonly {
    readonly id: number
    readonly generation: number
    readonly state: PlaceState
    readonly project: string
    readonly index: string
    readonly namespace: string
    readonly isSeen: boolean
    readonly records: number | null
  }[]
}

export async function listHeld(
  tx: Tx,
  page: { readonly after: string; readonly limit: number; readonly since: Date; readonly only?: TenantId },
): Promise<readonly HeldRow[]> {
  const since = page.since.toISOString()
  const only = page.only === undefined ? sql`true` : sql`t.id = ${page.only}`
  const rows = await tx.execute<HeldRow & Record<string, unknown>>(sql`
    select t.id, t.held, r.phase,
      exists (select from moves m where m.tenant_id = t.id and m.ended_at is null) as "isMoving",
      coalesce((select jsonb_agg(jsonb_build_object('id', p.id, 'generation', p.generation, 'state', p.state,
          'project', p.project, 'index', p.index_name, 'namespace', p.namespace,
          'isSeen', coalesce(p.seen_at >= ${since}::timestamptz, false), 'records', p.seen_records) order by p.generation)
        from places p where p.tenant_id = t.id and p.state <> 'purged'), '[]') as places
    from tenants t left join routing r on r.tenant_id = t.id
    where t.status = 'held' and t.id > ${page.after} and ${only} order by t.id limit ${page.limit}`)
  return [...rows]
}

/** Routes a held tenant to one of its places, and retires others. */
export async function routeTo(tx: Tx, tenantId: TenantId, placeId: number, others: readonly number[]): Promise<void> {
  await tx.execute(sql`update places set state = 'retiring'
    where id = any(${sql.param(others)}::bigint[]) and state <> 'purged'`)
  await tx.execute(sql`update cleanups set move_id = null
    where place_id = any(${sql.param(others)}::bigint[]) and done_at is null`)
  await tx.execute(sql`update places set state = 'active' where id = ${placeId}`)
  await tx.execute(sql`
    insert into routing (tenant_id, epoch, phase, active_place_id) values (${tenantId}, 1, 'steady', ${placeId})
    on conflict (tenant_id) do update set phase = 'steady', active_place_id = ${placeId}, follower_place_id = null,
      move_id = null, fence_deadline = null`)
}

/** Ends the hold of a tenant. */
export async function settleHeld(
  tx: Tx,
  id: TenantId,
  set: { readonly status: 'active' | 'suspended' | 'offboarding'; readonly firstGeneration?: number },
): Promise<void> {
  await tx
    .update(tenants)
    .set({ ...set, held: null, updatedAt: sql`now()` })
    .where(and(eq(tenants.id, id), eq(tenants.status, 'held')))
}

/** Serves tenants again as they were. */
export async function releaseHeld(tx: Tx, ids: readonly TenantId[]): Promise<void> {
  if (ids.length === 0) return
  await tx.execute(sql`
    update tenants set status = held->>'was', held = null, updated_at = now()
    where id = any(${sql.param(ids)}::text[]) and status = 'held'`)
}

export async function setHeld(tx: Tx, id: TenantId, held: Held): Promise<void> {
  await tx.execute(sql`update tenants set held = ${JSON.stringify(held)}::jsonb where id = ${id} and status = 'held'`)
}
