import type { TenantPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'
import type { VectorStore } from '../../stores/store.ts'
import { isVisible } from '../checks/check-metadata.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { indexMustBeThere } from '../index-gone.ts'

/**
 * The groups that limit a write: a token with a groups claim changes only what it can see. Undefined: it may change all
 * of the tenant's data, since it carries none, or has the scope that lifts the rule.
 */
export function writeGroups(
  principal: Pick<TenantPrincipal, 'groups' | 'hasGroupsClaim' | 'scopes'>,
): readonly string[] | undefined {
  return principal.hasGroupsClaim === true && !principal.scopes.has('rag:write:any') ? principal.groups : undefined
}

/** Whether a token may change every record of its tenant: then nothing of the tenant is hidden from its listings. */
export function changesAll(principal: Pick<TenantPrincipal, 'groups' | 'hasGroupsClaim' | 'scopes'>): boolean {
  return principal.scopes.has('rag:write') && writeGroups(principal) === undefined
}

/**
 * Those of the records that the groups don't see. Reads lag as the store shows writes late: a record that is not
 * visible yet counts as missing.
 */
export async function hiddenIds(
  deps: { readonly routes: Pick<TenantRoutes, 'find'>; readonly stores: Pick<VectorStore, 'open'> },
  tenantId: TenantId,
  ids: readonly string[],
  groups: readonly string[] | undefined,
): Promise<ReadonlySet<string>> {
  if (groups === undefined) return new Set()
  const route = await deps.routes.find(tenantId)
  const { visibility } = shapeOf(route)
  const { records } = await indexMustBeThere(deps.stores.open(route.routing.active).fetch(ids))
  const hidden = [...records.values()].filter(({ metadata = {} }) => !isVisible(metadata, groups, visibility))
  return new Set(hidden.map(({ id }) => id))
}

/** The error for an id that belongs to something hidden: nothing can be put there, and nothing is revealed of it. */
export function idTaken(path: string): AppError {
  const message = 'is taken; choose another id'
  return new AppError('conflict', `${path}: ${message}`, { faults: [{ path, message }] })
}
