import type { TenantPrincipal } from '../../auth/principal.ts'
import { isAppError } from '../../errors.ts'
import { listDocumentIds } from '../../registry/documents/documents.ts'
import { dropUploads, listUploadIds } from '../../registry/uploads/uploads.ts'
import { also, mustBeDone, untouched, type WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import { narrowed } from '../checks/check-filter.ts'
import { shapeOf } from '../checks/record-shape.ts'
import { type DeleteDocumentDeps, deleteDocument } from '../documents/delete-document.ts'
import { writing } from '../writes/tenant-writer.ts'

const pageSize = 100

/**
 * Deletes everything that the caller's groups see: documents one by one, then the app's own records by filter. Waiting
 * uploads are dropped too. A document that arrives meanwhile may stay.
 */
export async function deleteVisible(
  deps: DeleteDocumentDeps,
  principal: TenantPrincipal,
  groups: readonly string[],
): Promise<void> {
  const { tenantId } = principal
  const pending = await listUploadIds(deps.db, tenantId, groups)
  await dropUploads(deps.db, tenantId, pending)
  let outcome: WriteOutcome = pending.length === 0 ? untouched() : { kind: 'changed' }
  for (let after: string | undefined; outcome.fault === undefined; ) {
    const ids = await listDocumentIds(deps.db, tenantId, { after, limit: pageSize, groups })
    for (const documentId of ids) {
      outcome = also(outcome, await deleteOne(deps, principal, documentId))
      if (outcome.fault !== undefined) break
    }
    after = ids.at(-1)
    if (ids.length < pageSize) break
  }
  mustBeDone(outcome)
  const { visibility } = shapeOf(await deps.routes.find(tenantId))
  const mine = narrowed(undefined, groups, visibility)
  const own = await writing(deps, tenantId, (writer) => writer.deleteMatching(mine))
  mustBeDone(also(outcome, own))
}

async function deleteOne(
  deps: DeleteDocumentDeps,
  principal: TenantPrincipal,
  documentId: string,
): Promise<WriteOutcome> {
  try {
    await deleteDocument(deps, principal, { documentId })
    return { kind: 'changed' }
  } catch (fault) {
    // Someone else was quicker.
    return isAppError(fault, 'not_found') ? untouched() : untouched(fault)
  }
}
