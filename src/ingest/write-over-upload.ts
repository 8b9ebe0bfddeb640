import type { Db } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { documentBusy } from '../rag/documents/claimed-write.ts'
import { idTaken } from '../rag/writes/write-sight.ts'
import { holdUpload, releaseUpload } from '../registry/uploads/hold-upload.ts'
import { dropUploads } from '../registry/uploads/uploads.ts'

/**
 * Runs a write of a document that comes after whatever upload of it is on its way: that one is held meanwhile, dropped
 * when the write is done, and goes on when the write came to nothing.
 *
 * @param by `groups`: who writes, where that decides what may be written over; `whenHidden`: for an upload that they
 *   don't see, as if there were none, or refused.
 * @param write is told whether an upload was there.
 * @throws AppError `conflict` for an upload that is hidden; `document_busy` while an upload of it is being stored; what `write` throws.
 */
export async function writeOverUpload<T>(
  db: Db,
  tenantId: TenantId,
  documentId: string,
  by: { readonly groups: readonly string[] | undefined; readonly whenHidden: 'ignore' | 'refuse' },
  write: (hadUpload: boolean) => Promise<T>,
): Promise<T> {
  const found = await holdUpload(db, tenantId, documentId, by.groups)
  if (found === 'hidden' && by.whenHidden === 'refuse') throw idTaken('documentId')
  const held = found === 'hidden' ? undefined : found
  if (held === 'storing') throw documentBusy(1)
  let result: T
  try {
    result = await write(held !== undefined)
  } catch (fault) {
    if (held !== undefined) await releaseUpload(db, tenantId, held).catch(() => undefined) // its hold runs out
    throw fault
  }
  if (held !== undefined) await dropUploads(db, tenantId, [held])
  return result
}
