import type { TenantPrincipal } from '../../auth/principal.ts'
import { FaultList } from '../../fault-list.ts'
import type { CallOptions } from '../../stores/store.ts'
import { checkFilter, narrowed } from '../checks/check-filter.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { believeEmpty } from '../retrieve/believe-empty.ts'
import { type FetchedVector, ownMetadata } from './fetch-vectors.ts'
import type { ListVectorsDeps } from './list-vectors.ts'

export interface MatchingVectors {
  readonly vectors: readonly FetchedVector[]
  readonly nextCursor?: string
  /** Postgres is unavailable: the last known place was read. */
  readonly stale: boolean
}

/**
 * Returns records that match a filter, those of documents among them, as far as the caller's groups see them. `limit`
 * is 1–10,000 a page.
 *
 * @throws AppError as `listVectors`
 */
export async function fetchMatching(
  deps: ListVectorsDeps,
  principal: TenantPrincipal,
  input: { readonly filter: unknown; readonly limit: number; readonly cursor?: string | undefined },
  options: CallOptions = {},
): Promise<MatchingVectors> {
  const faults = new FaultList()
  const filter = checkFilter(input.filter, 'filter', faults)
  faults.check()
  const route = await deps.routes.find(principal.tenantId)
  const { routing, stale = false } = route
  const { visibility } = shapeOf(route)
  const { active } = routing
  const store = deps.stores.open(active)
  const from = input.cursor === undefined ? {} : { cursor: deps.cursors.open(active, input.cursor) }
  const page = await indexMustBeThere(
    store.fetchByFilter(
      { filter: narrowed(filter, principal.groups, visibility), limit: input.limit, ...from },
      options,
    ),
  )
  if (page.records.length === 0 && input.cursor === undefined) await believeEmpty(deps, store, options)
  const vectors = page.records.map(({ metadata, ...rest }) =>
    metadata === undefined ? rest : { ...rest, metadata: ownMetadata(metadata) },
  )
  const next = page.nextCursor
  return { vectors, ...(next !== undefined && { nextCursor: deps.cursors.seal(active, next) }), stale }
}
