import { type Page, pageOf, readCursor, readNumberKey } from '../cursor.ts'
import { type AuditQuery, type AuditRow, listAuditRows as readAudit } from '../registry/audit/audit.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

/**
 * Actions with their actors, newest first, a page at a time.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listAudit(
  { db }: Pick<TenantWork, 'db'>,
  input: Omit<AuditQuery, 'before'> & { readonly cursor?: string | undefined },
): Promise<Page<AuditRow>> {
  const { cursor, limit, ...filter } = input
  const before = readCursor('audit', cursor, readNumberKey)
  return pageOf('audit', await readAudit(db, { ...filter, before, limit: limit + 1 }), limit, (row) => row.id)
}
