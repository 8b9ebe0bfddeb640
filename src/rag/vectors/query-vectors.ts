import type { TenantPrincipal } from '../../auth/principal.ts'
import { FaultList } from '../../fault-list.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'
import type { CallOptions, QueryMatch, SparseValues, TenantStore, VectorStore } from '../../stores/store.ts'
import { checkFilter, narrowed } from '../checks/check-filter.ts'
import { isVisible } from '../checks/check-metadata.ts'
import { checkSparse, checkValues } from '../checks/check-records.ts'
import { type CountsUnnamed, modelOf, type NamedVectors, routeOfVectors } from '../checks/named-model.ts'
import { checkReadId } from '../checks/record-ids.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { type BelieveEmptyDeps, believeEmpty } from '../retrieve/believe-empty.ts'
import { ownMetadata } from './fetch-vectors.ts'

export interface QueryVectorsDeps extends BelieveEmptyDeps, CountsUnnamed {
  readonly routes: Pick<TenantRoutes, 'find'>
  readonly stores: Pick<VectorStore, 'open'>
  /** Receives every vector sent to the store; keeps it, at no cost. */
  readonly recentQueries?: { note(tenantId: TenantId, vector: readonly number[], space: VectorSpace): void }
}

/** Either `id` or `vector`; `sparseVector` goes with `vector`. */
export interface QueryVectorsInput extends NamedVectors {
  readonly id?: string | undefined
  readonly vector?: readonly number[] | undefined
  readonly sparseVector?: SparseValues | undefined
  /** 1–10,000; 1–1,000 with values or metadata. */
  readonly topK: number
  readonly filter?: unknown
  readonly includeValues?: boolean
  readonly includeMetadata?: boolean
}

export interface QueriedVectors {
  /** The nearest first, with metadata as the app wrote it. */
  readonly matches: readonly QueryMatch[]
  readonly readUnits?: number
  /** Postgres is unavailable: the last known place was read. */
  readonly stale: boolean
}

type Search = Pick<QueryVectorsInput, 'vector' | 'sparseVector'>

/** The vendor's limits (docs: query limits). */
const topKMax = 10_000
const topKMaxWhole = 1_000

/**
 * Finds the records nearest to a vector, or to a stored record, among those that the caller's groups see. For a record
 * that is missing, or hidden from the caller, there are no matches, as at the vendor.
 *
 * @throws AppError `invalid_request`; `store_inconsistent` when the store shows nothing where the inventory knows of
 *   documents; and the faults of `TenantRoutes.find` and `TenantStore`.
 */
export async function queryVectors(
  deps: QueryVectorsDeps,
  principal: TenantPrincipal,
  input: QueryVectorsInput,
  options: CallOptions = {},
): Promise<QueriedVectors> {
  const found = deps.routes.find(principal.tenantId)
  const whole = found instanceof Promise ? await found : found
  const route = input.id === undefined ? routeOfNamed(deps, principal, whole, input) : whole
  const { routing, stale = false } = route
  const { visibility } = shapeOf(route)
  const { active } = routing
  const faults = new FaultList()
  const { topK, includeValues = false, includeMetadata = false } = input
  const most = includeValues || includeMetadata ? topKMaxWhole : topKMax
  if (!Number.isInteger(topK) || topK < 1 || topK > most) {
    faults.add('topK', `must be a whole number from 1 to ${topKMax}, or to ${topKMaxWhole} with values or metadata`)
  }
  if (input.id === undefined) checkValues(input.vector ?? [], active.vectors.dimension, 'vector', faults)
  else checkReadId(input.id, 'id', faults)
  if (input.sparseVector !== undefined) checkSparse(input.sparseVector, 'sparseVector', faults)
  const filter = checkFilter(input.filter, 'filter', faults)
  faults.check()
  const store = deps.stores.open(active)
  const search =
    input.id === undefined ? input : await vectorOf(store, { groups: principal.groups, visibility }, input.id, options)
  if (search?.vector === undefined) return { matches: [], stale }
  const { vector, sparseVector } = search
  deps.recentQueries?.note(principal.tenantId, vector, active.vectors)
  const answer = await indexMustBeThere(
    store.query(
      {
        vector,
        ...(sparseVector !== undefined && { sparseVector }),
        topK,
        filter: narrowed(filter, principal.groups, visibility),
        includeValues,
        includeMetadata,
      },
      options,
    ),
  )
  if (answer.matches.length === 0) await believeEmpty(deps, store, options)
  const matches = answer.matches.map((match) =>
    match.metadata === undefined ? match : { ...match, metadata: ownMetadata(match.metadata) },
  )
  return { matches, ...(answer.readUnits !== undefined && { readUnits: answer.readUnits }), stale }
}

/** The route to the place of the vector's model. */
function routeOfNamed(
  { noteUnnamed }: CountsUnnamed,
  principal: TenantPrincipal,
  route: TenantRoute,
  input: NamedVectors,
): TenantRoute {
  const named = modelOf(input, principal)
  if (named === undefined) noteUnnamed?.(principal.tenantId)
  return routeOfVectors(route, named)
}

/** The vector of a stored record; undefined for one that is missing or hidden. */
async function vectorOf(
  store: TenantStore,
  { groups, visibility }: { readonly groups: readonly string[]; readonly visibility: readonly string[] },
  id: string,
  options: CallOptions,
): Promise<Search | undefined> {
  const { records } = await indexMustBeThere(store.fetch([id], options))
  const record = records.get(id)
  if (record === undefined || !isVisible(record.metadata ?? {}, groups, visibility)) return undefined
  const isHybrid = store.placement.vectors.metric === 'dotproduct'
  return { vector: record.values, sparseVector: isHybrid ? record.sparseValues : undefined }
}
