import type { TenantPrincipal } from '../../auth/principal.ts'
import { FaultList } from '../../fault-list.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'
import { isReserved } from '../../stores/reserved.ts'
import type { Metadata, SparseValues, VectorStore } from '../../stores/store.ts'
import { isVisible } from '../checks/check-metadata.ts'
import { checkIds } from '../checks/check-records.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'

export interface FetchVectorsDeps {
  readonly routes: Pick<TenantRoutes, 'find'>
  readonly stores: Pick<VectorStore, 'open'>
}

export interface FetchedVector {
  readonly id: string
  readonly values: readonly number[]
  readonly sparseValues?: SparseValues
  readonly metadata?: Metadata
}

export interface FetchedVectors {
  readonly vectors: Readonly<Record<string, FetchedVector>>
  /** Postgres is unavailable: the last known place was read. */
  readonly stale: boolean
}

/**
 * Returns records by id, documents' chunks included. An id that is missing, or hidden from the caller's groups, is left
 * out.
 * @throws AppError `invalid_request`, and the faults of `TenantRoutes.find` and `TenantStore`.
 */
export async function fetchVectors(
  deps: FetchVectorsDeps,
  principal: TenantPrincipal,
  input: { readonly ids: readonly string[] },
  options: { readonly signal?: AbortSignal } = {},
): Promise<FetchedVectors> {
  const faults = new FaultList()
  checkIds(input.ids, 'ids', faults)
  faults.check()
  const route = await deps.routes.find(principal.tenantId)
  const { routing, stale } = route
  const { visibility } = shapeOf(route)
  const ids = [...new Set(input.ids)]
  const { records } = await indexMustBeThere(deps.stores.open(routing.active).fetch(ids, options))
  const found: [string, FetchedVector][] = []
  for (const id of ids) {
    const record = records.get(id)
    if (record === undefined || !isVisible(record.metadata ?? {}, principal.groups, visibility)) continue
    const { metadata, ...rest } = record
    found.push([id, metadata === undefined ? rest : { ...rest, metadata: ownMetadata(metadata) }])
  }
  return { vectors: Object.fromEntries(found), stale: stale === true }
}

/** Metadata as an app wrote it, without the router's own fields. */
export function ownMetadata(metadata: Metadata): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !isReserved(key)))
}
