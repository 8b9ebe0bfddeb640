import { sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { AdoptedTenant, Phase, Routing, TenantRoute, TenantStatus } from '../placement/phase.ts'
import type { Placement, Tier } from '../placement/placement.ts'
import { ownFields, type RecordFields } from '../placement/record-fields.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { ruleOfRow } from '../registry/inventory/app-documents.ts'
import { toPlacement } from '../registry/places.ts'

/** A tenant's route as one snapshot, with the tick of its last change. */
export interface RouteRow {
  readonly route: TenantRoute
  readonly changeNo: number
}

export type RouteLookup =
  | { readonly found: RouteRow }
  /** `provisioning`: the tenant is known but has no routing yet, or none any more. */
  | { readonly missing: 'unknown' | 'provisioning' | 'offboarded' }

/**
 * A row of `read_routes`, a function in Postgres (migration 0040): it keeps its plan for as long as its connection, behind a
 * transaction pooler too. To plan the seven tables anew takes longer than to read them.
 */
type RouteFields = readonly [
  tenantId: TenantId,
  status: TenantStatus,
  tier: Tier,
  changeNo: number | null,
  epoch: number | null,
  phase: Phase | null,
  active: PlaceFields | null,
  rest: RestOfRoute | null,
]

type PlaceFields = readonly [
  id: number,
  project: string,
  indexName: string,
  namespace: string,
  generation: number,
  needsModel: boolean,
  kind: Placement['kind'],
  host: string | null,
  embeddingModel: string,
  dimension: number,
  metric: Placement['vectors']['metric'],
]

/** Fields that few have: a move under way, limits of their own, a past before the router. Times are text. */
interface RestOfRoute {
  readonly limits: Readonly<Record<string, number>>
  readonly limitsUntil: string | null
  readonly moveId: string | null
  readonly fenceDeadline: string | null
  readonly follower: PlaceFields | null
  readonly adoptedNamespace: string | null
  readonly fields: Partial<RecordFields>
  readonly firstWriteAt: string | null
  readonly inventory: Parameters<typeof ruleOfRow>[0] | null
}

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
  const ids = sql.param([...tenantIds])
  const rows = await tx.execute<{ route: RouteFields }>(sql`select route from read_routes(${ids}) as route`)
  const byTenant = new Map(rows.map(({ route }) => [route[0], route]))
  return (tenantId) => {
    const row = byTenant.get(tenantId)
    return row === undefined ? { missing: 'unknown' } : toLookup(tenantId, row)
  }
}

function toLookup(tenantId: TenantId, fields: RouteFields): RouteLookup {
  const [, status, tier, changeNo, epoch, phase, active, rest] = fields
  if (status === 'offboarded') return { missing: 'offboarded' }
  if (changeNo === null || epoch === null || phase === null || active === null) return { missing: 'provisioning' }
  const steady = { phase: 'steady', epoch, active: placementOf(tenantId, active) } as const
  const routing = phase === 'steady' ? steady : movingRouting(tenantId, phase, steady, rest)
  return { found: { route: { tenantId, status, tier, routing, ...ownLimits(rest), ...adoptionOf(rest) }, changeNo } }
}

function placementOf(tenantId: TenantId, fields: PlaceFields): Placement {
  const [id, project, indexName, namespace, generation, needsModel, ...index] = fields
  const [kind, host, embeddingModel, dimension, metric] = index
  const place = { id, tenantId, project, indexName, namespace, generation, needsModel }
  return toPlacement(place, { kind, host, embeddingModel, dimension, metric })
}

function movingRouting(
  tenantId: TenantId,
  phase: Exclude<Phase, 'steady'>,
  { epoch, active }: Pick<Routing, 'epoch' | 'active'>,
  rest: RestOfRoute | null,
): Routing {
  if (!rest?.follower || rest.moveId === null) throw new Error(`the routing of ${tenantId} lacks its move`)
  const moving = { epoch, active, follower: placementOf(tenantId, rest.follower), moveId: rest.moveId }
  if (phase !== 'fence') return { phase, ...moving }
  if (rest.fenceDeadline === null) throw new Error(`the fence of ${tenantId} has no deadline`)
  return { phase, ...moving, fenceDeadline: new Date(rest.fenceDeadline) }
}

function ownLimits(rest: RestOfRoute | null): Pick<TenantRoute, 'limits' | 'limitsUntilMs'> {
  if (rest === null || Object.keys(rest.limits).length === 0) return {}
  const { limits, limitsUntil } = rest
  return { limits, ...(limitsUntil !== null && { limitsUntilMs: Date.parse(limitsUntil) }) }
}

function adoptionOf(rest: RestOfRoute | null): { readonly adopted?: AdoptedTenant } {
  if (rest === null || rest.adoptedNamespace === null) return {}
  const { adoptedNamespace: namespace, fields, inventory, firstWriteAt } = rest
  return {
    adopted: {
      namespace,
      fields: { ...ownFields, ...fields },
      ...(inventory !== null && { inventory: ruleOfRow(inventory) }),
      ...(firstWriteAt === null && { isUnwritten: true as const }),
    },
  }
}
