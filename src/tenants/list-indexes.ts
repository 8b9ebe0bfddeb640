import { listIndexRows } from '../registry/indexes.ts'
import { type Page, pageOf, readNumberCursor } from './cursor.ts'
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
  const after = cursor === undefined ? 0 : readNumberCursor(cursor)
  const page = pageOf(await listIndexRows(db, { after, limit: limit + 1 }), limit, (row) => row.id)
  return { ...page, items: page.items.map(viewOfIndex) }
}
