import { type Page, pageOf, readCursor } from '../cursor.ts'
import { readTenantId } from '../placement/tenant-id.ts'
import type { TenantWork } from './onboard/tenant-work.ts'
import { listViews, type TenantFilter, type TenantView } from './tenant-view.ts'

/**
 * Tenants by id, a page at a time (`limit` 1–200); those of `ids` in one.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listTenants(
  { db }: Pick<TenantWork, 'db'>,
  input: Omit<TenantFilter, 'after'> & { readonly cursor?: string | undefined },
): Promise<Page<TenantView>> {
  const { cursor, ...filter } = input
  const limit = Math.max(input.limit, filter.ids?.length ?? 0)
  const after = readCursor('tenants', cursor, readTenantId)
  const rows = await listViews(db, { ...filter, after, limit: limit + 1 })
  return pageOf('tenants', rows, limit, (tenant) => tenant.id)
}
