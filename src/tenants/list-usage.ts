import { isTime, type Page, pageOf, readCursor } from '../cursor.ts'
import { readTenantId } from '../placement/tenant-id.ts'
import { listUsageRows as readUsage, type UsageQuery, type UsageRow } from '../registry/usage/list-usage.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

/**
 * Tenants' daily usage, newest first, a page at a time.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listUsage(
  { db }: Pick<TenantWork, 'db'>,
  input: Omit<UsageQuery, 'after'> & { readonly cursor?: string | undefined },
): Promise<Page<UsageRow>> {
  const { cursor, limit, ...filter } = input
  const after = readCursor('usage', cursor, readUsageKey)
  const rows = await readUsage(db, { ...filter, after, limit: limit + 1 })
  return pageOf('usage', rows, limit, ({ day, tenantId }) => `${day}/${tenantId}`)
}

function readUsageKey(text: string): UsageQuery['after'] {
  const [day = '', id = ''] = text.split('/')
  const tenantId = readTenantId(id)
  return isTime(`${day}T00:00:00Z`) && tenantId !== undefined ? { day, tenantId } : undefined
}
