import { type Page, pageOf, readCursor, readNumberKey } from '../cursor.ts'
import { listIndexRows } from '../registry/indexes.ts'
import { type IndexView, viewOfIndex } from './indexes/index-view.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

/**
 * Indexes that exist or are being made, oldest first, a page at a time.
 * @throws AppError `invalid_request` for a cursor that no earlier page returned
 */
export async function listIndexes(
  { db }: Pick<TenantWork, 'db'>,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<IndexView>> {
  const after = readCursor('indexes', cursor, readNumberKey) ?? 0
  const page = pageOf('indexes', await listIndexRows(db, { after, limit: limit + 1 }), limit, (row) => row.id)
  return { ...page, items: page.items.map(viewOfIndex) }
}
