import type { TenantPrincipal } from '../auth/principal.ts'
import { isAppError } from '../errors.ts'
import { type DeleteDocumentDeps, deleteDocument } from '../rag/documents/delete-document.ts'
import { writeGroups } from '../rag/writes/write-sight.ts'
import { writeOverUpload } from './write-over-upload.ts'

/**
 * Deletes a document, and withdraws an upload of it.
 *
 * @throws AppError those of `deleteDocument`; `document_busy` while an upload of it is being stored.
 */
export async function removeDocument(
  deps: DeleteDocumentDeps,
  principal: TenantPrincipal,
  input: { readonly documentId: string },
): Promise<void> {
  const { tenantId } = principal
  await deps.routes.find(tenantId)
  const by = { groups: writeGroups(principal), whenHidden: 'ignore' } as const
  await writeOverUpload(deps.db, tenantId, input.documentId, by, async (hadUpload) => {
    try {
      await deleteDocument(deps, principal, input)
    } catch (fault) {
      if (!(hadUpload && isAppError(fault, 'not_found'))) throw fault
    }
  })
}
