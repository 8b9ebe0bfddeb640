import type { TenantPrincipal } from '../../auth/principal.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import type { CallOptions } from '../../stores/store.ts'
import { narrowed } from '../checks/check-filter.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { believeEmpty } from '../retrieve/believe-empty.ts'
import { changesAll } from '../writes/write-sight.ts'
import type { ListVectorsDeps } from './list-vectors.ts'

export interface CountedVectors {
  readonly count: number
  readonly space: VectorSpace
  /** The name that an adopted tenant's namespace had before. */
  readonly ownName: string | undefined
  /** Postgres is unavailable: the last known place was read. */
  readonly stale: boolean
}

/**
 * Counts the tenant's records, chunks of documents among them, as far as the caller's groups see them.
 * @throws AppError `store_inconsistent`, and the faults of `TenantRoutes.find` and `TenantStore`.
 */
export async function countVectors(
  deps: Omit<ListVectorsDeps, 'cursors'>,
  principal: TenantPrincipal,
  options: CallOptions = {},
): Promise<CountedVectors> {
  const route = await deps.routes.find(principal.tenantId)
  const { routing, adopted, stale = false } = route
  const { visibility } = shapeOf(route)
  const store = deps.stores.open(routing.active)
  const count = changesAll(principal)
    ? ((await indexMustBeThere(store.describeNamespace(options)))?.recordCount ?? 0)
    : (await indexMustBeThere(store.countByFilter(narrowed(undefined, principal.groups, visibility), options))).count
  if (count === 0) await believeEmpty(deps, store, options)
  return { count, space: routing.active.vectors, ownName: adopted?.namespace, stale }
}
