import type { StoredContent } from '../../registry/documents/documents.ts'
import type { TenantStore } from '../../stores/store.ts'
import { chunkIds } from '../checks/record-ids.ts'
import { indexMustBeThere } from '../index-gone.ts'

/**
 * Whether the store lacks chunks of a document that the inventory lists as stored, as after the deletion of a namespace
 * in the vendor's console. A recent write may not be visible yet, and does not count as lost.
 */
export async function lacksChunks(
  store: Pick<TenantStore, 'list'>,
  documentId: string,
  { chunkCount, mustShow, isLost }: StoredContent,
): Promise<boolean> {
  if (isLost) return true
  if (!mustShow) return false
  const missing = new Set(chunkIds(documentId, 0, chunkCount))
  let cursor: string | undefined
  do {
    const page = await indexMustBeThere(
      store.list({ prefix: `${documentId}#`, limit: 100, ...(cursor !== undefined && { cursor }) }),
    )
    for (const id of page.ids) missing.delete(id)
    cursor = page.nextCursor
  } while (cursor !== undefined && missing.size > 0)
  return missing.size > 0
}
