import { AppError } from '../errors.ts'
import { listUsageRows as readUsage, type UsageQuery, type UsageRow } from '../registry/usage/list-usage.ts'
import { type Page, pageOf, readCursor } from './cursor.ts'
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
  const after = cursor === undefined ? undefined : placeOf(readCursor(cursor))
  const rows = await readUsage(db, { ...filter, after, limit: limit + 1 })
  return pageOf(rows, limit, ({ day, tenantId }) => `${day}/${tenantId}`)
}

function placeOf(text: string): { day: string; tenantId: string } {
  const [day, tenantId] = text.split('/')
  if (day !== undefined && /^\d{4}-\d\d-\d\d$/.test(day) && tenantId !== undefined) return { day, tenantId }
  const message = 'is not a cursor of this list'
  throw new AppError('invalid_request', `cursor: ${message}`, { faults: [{ path: 'cursor', message }] })
}
