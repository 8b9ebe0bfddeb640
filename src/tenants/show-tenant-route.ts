import type { TenantId } from '../placement/tenant-id.ts'
import { countIndexes, findIndexByName, type IndexRow } from '../registry/indexes.ts'
import { readRoute } from '../routing/read-route.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import { showTenant } from './show-tenant.ts'
import type { TenantView } from './tenant-view.ts'

/** Usage of a limit of the vendor. */
export interface LimitView {
  readonly name: 'namespaces_in_index' | 'indexes_in_project'
  readonly used: number
  readonly limit: number
  /** `used` divided by `limit`. */
  readonly share: number
}

export interface TenantRouteView
  extends Pick<TenantView, 'tier' | 'status' | 'awaitingPromotion' | 'inTheWay' | 'placement' | 'move'> {
  readonly tenantId: TenantId
  readonly project: string | null
  /** Null while there is no place. */
  readonly phase: string | null
  readonly epoch: number | null
  /** The reason for the tenant's place, in plain words. */
  readonly why: string
  readonly limits: readonly LimitView[]
  /** The limit with the highest share. */
  readonly nearestLimit: LimitView
}

/** The destination of a tenant's requests, its reason, and the nearest limit. @throws AppError `not_found` */
export async function showTenantRoute(
  deps: Pick<TenantWork, 'db' | 'settings'>,
  tenantId: TenantId,
): Promise<TenantRouteView> {
  const { db, settings } = deps
  const tenant = await showTenant(deps, tenantId)
  const { tier, status, awaitingPromotion, inTheWay, placement, move } = tenant
  const lookup = placement === null ? undefined : await readRoute(db, tenantId)
  const routing = lookup !== undefined && 'found' in lookup ? lookup.found.route.routing : undefined
  const project = routing?.active.project ?? null
  const index = routing && (await findIndexByName(db, routing.active.project, routing.active.indexName))
  const counted = settings.projects.find((one) => one.name === project) ?? settings.projects[0]
  const indexes = counted === undefined ? 0 : await countIndexes(db, counted.name)
  const inProject = limit('indexes_in_project', indexes, counted?.indexLimit ?? 0)
  const limits =
    index === undefined
      ? [inProject]
      : [limit('namespaces_in_index', index.namespacesUsed, index.namespaceLimit), inProject]
  const nearestLimit = limits.reduce((nearest, other) => (other.share > nearest.share ? other : nearest))
  return {
    tenantId,
    tier,
    status,
    awaitingPromotion,
    inTheWay,
    placement,
    move,
    project,
    phase: routing?.phase ?? null,
    epoch: routing?.epoch ?? null,
    why: why(tenant, index),
    limits,
    nearestLimit,
  }
}

function limit(name: LimitView['name'], used: number, of: number): LimitView {
  return { name, used, limit: of, share: of === 0 ? 1 : used / of }
}

function why(tenant: TenantView, index: IndexRow | undefined): string {
  const { status, placement, move, awaitingPromotion, inTheWay, tier } = tenant
  if (placement === null) return status === 'provisioning' ? 'Its place is being made.' : 'It was offboarded.'
  const parts = [
    placement.kind === 'silo'
      ? 'It has an index of its own.'
      : `It shares an index with ${Math.max(0, (index?.namespacesUsed ?? 1) - 1)} others, the fullest with capacity when it came.`,
    awaitingPromotion ? 'It is enterprise and awaits promotion to an index of its own.' : '',
    inTheWay?.words ?? '',
    placement.kind === 'silo' && tier === 'standard' ? 'Its tier is standard: it could be demoted.' : '',
    move === null || inTheWay !== null ? '' : `A ${move.kind} is open (${move.state}).`,
    status === 'active' ? '' : notServed[status],
  ]
  return parts.filter((part) => part !== '').join(' ')
}

const notServed = {
  provisioning: 'It is still being set up.',
  suspended: 'It is suspended: its requests are refused, and its data stays.',
  held: 'It is held after a restore of the registry: its requests are refused until a person accepts it.',
  offboarding: 'It is being deleted.',
  offboarded: 'It was offboarded.',
} as const
