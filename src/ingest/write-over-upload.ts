import type { Db } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { documentBusy } from '../rag/documents/claimed-write.ts'
import { idTaken } from '../rag/writes/write-sight.ts'
import { holdUpload, releaseUpload } from '../registry/uploads/hold-upload.ts'
import { dropUploads } from '../registry/uploads/uploads.ts'

/**
 * Runs a document write that comes after any upload of it. The upload is held meanwhile, dropped when the write
 * succeeds, and resumed when it fails.
 *
 * @param by `groups`: the writer's groups, where they limit what may be overwritten; `whenHidden`: how to treat an
 *   upload that they don't see, as absent or refused.
 * @param write learns whether an upload existed.
 * @throws AppError `conflict` for a hidden upload; `document_busy` while an upload of it is being stored; any error of
 *   `write`.
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
