import { eq, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Tx } from '../db/connect.ts'
import type { Routing, TenantRoute } from '../placement/phase.ts'
import type { Placement } from '../placement/placement.ts'
import { ownFields, type RecordFields } from '../placement/record-fields.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { indexes } from '../registry/indexes.sql.ts'
import { ruleOfRow } from '../registry/inventory/app-documents.ts'
import { inventories } from '../registry/inventory/inventories.sql.ts'
import { places } from '../registry/places.sql.ts'
import { toPlacement } from '../registry/places.ts'
import { routing } from '../registry/routing.sql.ts'
import { tenants } from '../registry/tenants.sql.ts'

/** A tenant's route as one snapshot, with the tick of its last change. */
export interface RouteRow {
  readonly route: TenantRoute
  readonly changeNo: number
}

export type RouteLookup =
  | { readonly found: RouteRow }
  /** `unplaced`: the tenant is known but has no routing yet, or none any more. */
  | { readonly missing: 'unknown' | 'provisioning' | 'offboarded' }

const activePlace = alias(places, 'active_place')
const activeIndex = alias(indexes, 'active_index')
const followerPlace = alias(places, 'follower_place')
const followerIndex = alias(indexes, 'follower_index')

/** Reads a tenant's route from the rows. */
export async function readRoute(tx: Tx, tenantId: TenantId): Promise<RouteLookup> {
  const lookup = await readRoutes(tx, [tenantId])
  return lookup(tenantId)
}

/**
 * Reads the routes of these tenants from the rows, in one statement: one snapshot for all.
 * @returns what is known of one of them; rows that contradict each other throw there, and fail that tenant alone
 */
export async function readRoutes(tx: Tx, tenantIds: readonly TenantId[]): Promise<(tenantId: TenantId) => RouteLookup> {
  const rows = await selectRoutes(tx, tenantIds)
  const byTenant = new Map(rows.map((row) => [row.tenant.id, row]))
  return (tenantId) => {
    const row = byTenant.get(tenantId)
    return row === undefined ? { missing: 'unknown' } : toLookup(tenantId, row)
  }
}

type RouteRows = Awaited<ReturnType<typeof selectRoutes>>[number]

function selectRoutes(tx: Tx, tenantIds: readonly TenantId[]) {
  return tx
    .select({
      tenant: {
        id: tenants.id,
        status: tenants.status,
        tier: tenants.tier,
        limits: tenants.limits,
        limitsUntil: tenants.limitsUntil,
        adoptedNamespace: tenants.adoptedNamespace,
        firstWriteAt: tenants.firstWriteAt,
        fields: tenants.fields,
      },
      routing,
      // No column that is not used: every miss of the cache reads them. One that is never null first: drizzle takes a
      // row whose first one is null for a missing one.
      activePlace: {
        id: activePlace.id,
        tenantId: activePlace.tenantId,
        project: activePlace.project,
        indexName: activePlace.indexName,
        namespace: activePlace.namespace,
        needsModel: activePlace.needsModel,
        generation: activePlace.generation,
      },
      activeIndex: {
        kind: activeIndex.kind,
        host: activeIndex.host,
        embeddingModel: activeIndex.embeddingModel,
        dimension: activeIndex.dimension,
        metric: activeIndex.metric,
        fields: activeIndex.fields,
      },
      followerPlace: {
        id: followerPlace.id,
        tenantId: followerPlace.tenantId,
        project: followerPlace.project,
        indexName: followerPlace.indexName,
        namespace: followerPlace.namespace,
        needsModel: followerPlace.needsModel,
        generation: followerPlace.generation,
      },
      followerIndex: {
        kind: followerIndex.kind,
        host: followerIndex.host,
        embeddingModel: followerIndex.embeddingModel,
        dimension: followerIndex.dimension,
        metric: followerIndex.metric,
      },
      inventory: {
        tenantId: inventories.tenantId,
        documentField: inventories.documentField,
        idPattern: inventories.idPattern,
      },
    })
    .from(tenants)
    .leftJoin(routing, eq(routing.tenantId, tenants.id))
    .leftJoin(activePlace, eq(activePlace.id, routing.activePlaceId))
    .leftJoin(activeIndex, eq(activeIndex.id, activePlace.indexId))
    .leftJoin(followerPlace, eq(followerPlace.id, routing.followerPlaceId))
    .leftJoin(followerIndex, eq(followerIndex.id, followerPlace.indexId))
    .leftJoin(inventories, eq(inventories.tenantId, tenants.id))
    .where(sql`${tenants.id} = any(${sql.param([...tenantIds])}::text[])`)
}

function toLookup(tenantId: TenantId, row: RouteRows): RouteLookup {
  if (row.tenant.status === 'offboarded') return { missing: 'offboarded' }
  if (row.routing === null || row.activePlace === null || row.activeIndex === null) return { missing: 'provisioning' }
  const active = toPlacement(row.activePlace, row.activeIndex)
  const follower =
    row.followerPlace === null || row.followerIndex === null
      ? undefined
      : toPlacement(row.followerPlace, row.followerIndex)
  return {
    found: {
      route: {
        tenantId,
        status: row.tenant.status,
        tier: row.tenant.tier,
        ...ownLimits(row.tenant),
        routing: toRouting(row.routing, active, follower),
        ...adoptionOf(row.tenant, row.activeIndex.fields, row.inventory),
      },
      changeNo: row.routing.changeNo,
    },
  }
}

function ownLimits({ limits, limitsUntil }: Pick<typeof tenants.$inferSelect, 'limits' | 'limitsUntil'>) {
  if (Object.keys(limits).length === 0) return {}
  return { limits, ...(limitsUntil !== null && { limitsUntilMs: limitsUntil.getTime() }) }
}

function adoptionOf(
  tenant: Pick<typeof tenants.$inferSelect, 'adoptedNamespace' | 'firstWriteAt' | 'fields'>,
  fieldsOfIndex: Partial<RecordFields>,
  inventory: Parameters<typeof ruleOfRow>[0] | null,
): Pick<TenantRoute, 'adopted'> {
  const { adoptedNamespace: namespace, firstWriteAt } = tenant
  if (namespace === null) return {}
  const fields = { ...ownFields, ...(tenant.fields ?? fieldsOfIndex) }
  return {
    adopted: {
      namespace,
      fields,
      ...(inventory !== null && { inventory: ruleOfRow(inventory) }),
      ...(firstWriteAt === null && { isUnwritten: true as const }),
    },
  }
}

function toRouting(row: typeof routing.$inferSelect, active: Placement, follower: Placement | undefined): Routing {
  if (row.phase === 'steady') return { phase: 'steady', epoch: row.epoch, active }
  if (follower === undefined || row.moveId === null) throw new Error(`the routing of ${row.tenantId} lacks its move`)
  const moving = { epoch: row.epoch, active, follower, moveId: row.moveId }
  if (row.phase !== 'fence') return { phase: row.phase, ...moving }
  if (row.fenceDeadline === null) throw new Error(`the fence of ${row.tenantId} has no deadline`)
  return { phase: 'fence', ...moving, fenceDeadline: row.fenceDeadline }
}
