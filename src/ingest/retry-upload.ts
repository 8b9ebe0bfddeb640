import type { TenantPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { type DocumentDeps, type DocumentInfo, getDocument } from '../rag/documents/get-document.ts'
import { writeGroups } from '../rag/writes/write-sight.ts'
import { restartUpload } from '../registry/uploads/hold-upload.ts'
import { findUpload } from '../registry/uploads/uploads.ts'

export interface RetryUploadDeps extends DocumentDeps {
  readonly db: Db
}

/**
 * Restarts a failed upload with all its attempts. One that waits for its next attempt runs at once; one in progress
 * continues.
 *
 * @throws AppError `not_found`, also for one that the caller's groups don't see; `conflict` when there is nothing to
 *   retry, or its file is no longer kept; and those of `TenantRoutes.find`.
 */
export async function retryUpload(
  deps: RetryUploadDeps,
  principal: TenantPrincipal,
  { documentId }: { readonly documentId: string },
): Promise<DocumentInfo> {
  const { tenantId, groups } = principal
  const info = await getDocument(deps, principal, { documentId })
  const upload = await findUpload(deps.db, tenantId, documentId, groups)
  if (upload === undefined) throw new AppError('conflict', `The document is ${info.status}: there is nothing to retry.`)
  if (!(await restartUpload(deps.db, tenantId, upload.id, writeGroups(principal)))) {
    throw new AppError('conflict', 'The file is no longer kept. Send it again.')
  }
  return getDocument(deps, principal, { documentId })
}
