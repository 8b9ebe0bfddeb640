import type { StoredContent } from '../../registry/documents/documents.ts'
import { pagesOf } from '../../stores/pages.ts'
import type { TenantStore } from '../../stores/store.ts'
import { chunkIds } from '../checks/record-ids.ts'
import { indexMustBeThere } from '../index-gone.ts'

/**
 * Whether the store lacks chunks of a document that the inventory lists as stored, as after the deletion of a namespace
 * in the vendor's console. `stem` begins its chunks' ids. A recent write may not be visible yet, and does not count as lost.
 */
export async function lacksChunks(
  store: Pick<TenantStore, 'list'>,
  stem: string,
  { chunkCount, mustShow, isLost }: StoredContent,
): Promise<boolean> {
  if (isLost) return true
  if (!mustShow) return false
  const missing = new Set(chunkIds(stem, 0, chunkCount))
  const prefix = `${stem}#`
  for await (const { ids } of pagesOf((from) => indexMustBeThere(store.list({ prefix, limit: 100, ...from })))) {
    for (const id of ids) missing.delete(id)
    if (missing.size === 0) break
  }
  return missing.size > 0
}
