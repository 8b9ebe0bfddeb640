import type { TenantPrincipal } from '../auth/principal.ts'
import {
  type PutDocumentAnswer,
  type PutDocumentDeps,
  type PutDocumentInput,
  type PutDocumentOptions,
  putDocument,
} from '../rag/documents/put-document.ts'
import { writeGroups } from '../rag/writes/write-sight.ts'
import { writeOverUpload } from './write-over-upload.ts'

/**
 * Stores a document while its caller waits; it replaces an earlier upload of it.
 *
 * @throws AppError those of `putDocument`; `document_busy` while an upload of it is being stored.
 */
export async function storeDocument(
  deps: PutDocumentDeps,
  principal: TenantPrincipal,
  input: PutDocumentInput,
  options: PutDocumentOptions = {},
): Promise<PutDocumentAnswer> {
  const { tenantId } = principal
  await deps.routes.find(tenantId)
  const by = { groups: writeGroups(principal), whenHidden: 'refuse' } as const
  return writeOverUpload(deps.db, tenantId, input.documentId, by, () =>
    putDocument(deps, principal, input, { ...options, groups: by.groups }),
  )
}
