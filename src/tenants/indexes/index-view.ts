import type { PlaceKind } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { IndexState } from '../../registry/indexes.sql.ts'
import type { IndexRow } from '../../registry/indexes.ts'

/** An index as staff see it. */
export interface IndexView {
  readonly name: string
  readonly project: string
  readonly kind: PlaceKind
  readonly state: IndexState
  /** The tenant of a silo. */
  readonly tenantId: TenantId | null
  readonly region: string
  readonly namespaces: number
  readonly limit: number
  /** `namespaces` of `limit`, 0 to 1. */
  readonly fill: number
  /** Whether it takes no more tenants: the limit is reached, the store refused one, or it is being drained. */
  readonly full: boolean
  /** Whether it is being drained, so that tenants only leave it. */
  readonly draining: boolean
  readonly embeddingModel: string
  readonly dimension: number
  readonly metric: string
  /** Whether others made it; `unsealed` while an older key may still write to it. */
  readonly adopted: 'unsealed' | 'sealing' | 'sealed' | null
  readonly createdAt: string
}

export function viewOfIndex(row: IndexRow): IndexView {
  const { name, project, kind, state, tenantId, region, embeddingModel, dimension, metric } = row
  const { namespacesUsed: namespaces, namespaceLimit: limit } = row
  return {
    name,
    project,
    kind,
    state,
    tenantId,
    region,
    namespaces,
    limit,
    fill: limit === 0 ? 1 : namespaces / limit,
    full: row.full || row.draining || namespaces >= limit,
    draining: row.draining,
    embeddingModel,
    dimension,
    metric,
    adopted: adoptionOf(row),
    createdAt: row.createdAt.toISOString(),
  }
}

function adoptionOf({ adoptedAt, sealedAt, sealUntil }: IndexRow): IndexView['adopted'] {
  if (adoptedAt === null) return null
  if (sealedAt !== null) return 'sealed'
  return sealUntil === null ? 'unsealed' : 'sealing'
}
