import type { TenantPrincipal } from '../../auth/principal.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'
import type { CallOptions, TenantStore, VectorStore } from '../../stores/store.ts'
import { isVisible } from '../checks/check-metadata.ts'
import { isOutOfReach } from '../checks/record-ids.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'
import { type BelieveEmptyDeps, believeEmpty } from '../retrieve/believe-empty.ts'
import { changesAll } from '../writes/write-sight.ts'
import type { CursorSeal } from './sealed-cursor.ts'

export interface ListVectorsDeps extends BelieveEmptyDeps {
  readonly routes: Pick<TenantRoutes, 'find'>
  readonly stores: Pick<VectorStore, 'open'>
  readonly cursors: CursorSeal
}

export interface ListedVectors {
  /** In the order of their bytes. A page may have fewer than asked for, or none, and still be followed by another. */
  readonly ids: readonly string[]
  readonly nextCursor?: string
  /** Postgres is unavailable: the last known place was read. */
  readonly stale: boolean
}

/**
 * Lists ids of records, chunks of documents among them, up to 100 a page. The store lists without a filter, so each
 * page is fetched and judged by what the caller's groups see, unless the caller may change every record anyway.
 *
 * @throws AppError `invalid_request` for a cursor of another place; `store_inconsistent`; and the faults of
 *   `TenantRoutes.find` and `TenantStore`.
 */
export async function listVectors(
  deps: ListVectorsDeps,
  principal: TenantPrincipal,
  { prefix, limit, cursor }: { readonly prefix: string; readonly limit: number; readonly cursor?: string | undefined },
  options: CallOptions = {},
): Promise<ListedVectors> {
  const route = await deps.routes.find(principal.tenantId)
  const { routing, stale = false } = route
  const sight = { groups: principal.groups, visibility: shapeOf(route).visibility }
  const store = deps.stores.open(routing.active)
  const from = cursor === undefined ? {} : { cursor: deps.cursors.open(routing.active, cursor) }
  const page = await indexMustBeThere(store.list({ prefix, limit, ...from }, options))
  if (page.ids.length === 0 && cursor === undefined) await believeEmpty(deps, store, options)
  const listed = page.ids.filter((id) => !isOutOfReach(id))
  const ids = changesAll(principal) ? listed : await visibleIds(store, listed, sight, options)
  const next = page.nextCursor
  return { ids, ...(next !== undefined && { nextCursor: deps.cursors.seal(routing.active, next) }), stale }
}

async function visibleIds(
  store: TenantStore,
  ids: readonly string[],
  { groups, visibility }: { readonly groups: readonly string[]; readonly visibility: readonly string[] },
  options: CallOptions,
): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const { records } = await indexMustBeThere(store.fetch(ids, options))
  return ids.filter((id) => {
    const record = records.get(id)
    return record !== undefined && isVisible(record.metadata ?? {}, groups, visibility)
  })
}
