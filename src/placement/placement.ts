import type { TenantId } from './tenant-id.ts'

/** `pool`: an index shared by namespaces of many tenants. `silo`: an index of one tenant alone. */
export type PlaceKind = 'pool' | 'silo'

export type Tier = 'standard' | 'enterprise'

/**
 * Where one tenant's vectors live. Made from a row of `places` and from nothing else; a (project, index, namespace)
 * is never used twice, so a late write to a dead place can hurt no one.
 */
export interface Placement {
  readonly placeId: number
  readonly tenantId: TenantId
  /** Which Pinecone project, by the name it has in our configuration. */
  readonly project: string
  readonly indexName: string
  /** The index's data plane, as the control plane described it. */
  readonly indexHost: string
  readonly namespace: string
  readonly generation: number
  readonly kind: PlaceKind
}
