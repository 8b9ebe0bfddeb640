import type { TenantId } from './tenant-id.ts'

/** `pool`: an index shared by namespaces of many tenants. `silo`: an index of one tenant. */
export type PlaceKind = 'pool' | 'silo'

/** The model of an index whose vectors only apps make. */
export const noModel = 'none'

/** How the vectors of an index are made and compared. */
export interface VectorSpace {
  /** The embedding model, by its name in the settings, or `noModel`. */
  readonly model: string
  readonly dimension: number
  readonly metric: 'cosine' | 'dotproduct' | 'euclidean'
}

/** Whether vectors made for one space may stand in the other. The metric only decides how they are compared. */
export function isSameSpace(one: VectorSpace, other: VectorSpace): boolean {
  return one.model === other.model && one.dimension === other.dimension
}

export type Tier = 'standard' | 'enterprise'

/**
 * The location of one tenant's vectors. It is made only from a row of `places`; a (project, index, namespace) is never
 * reused, so a late write to a deleted place harms nobody.
 */
export interface Placement {
  readonly placeId: number
  readonly tenantId: TenantId
  /** The Pinecone project, by its name in our configuration. */
  readonly project: string
  readonly indexName: string
  /** The index's data plane, as the control plane reported it. */
  readonly indexHost: string
  readonly namespace: string
  readonly generation: number
  readonly kind: PlaceKind
  readonly vectors: VectorSpace
  /** Set where vectors that name no model are refused: the tenant has changed its model once. */
  readonly needsModel?: true
}
