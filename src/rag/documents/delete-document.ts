import type { TenantPrincipal } from '../../auth/principal.ts'
import type { Db } from '../../db/connect.ts'
import { claimForDeletion } from '../../registry/documents/document-claims.ts'
import { findDocument } from '../../registry/documents/documents.ts'
import { claimEnds } from '../../registry/documents/end-document-claim.ts'
import { dropAppDocument } from '../../registry/inventory/app-documents.ts'
import { mustBeDone } from '../../routing/write-log/write-outcome.ts'
import { chunkIds } from '../checks/record-ids.ts'
import { chunkStem, shapeOf } from '../checks/record-shape.ts'
import { writing } from '../writes/tenant-writer.ts'
import type { WriteDeps, WriteSettings } from '../writes/write-deps.ts'
import { writeGroups } from '../writes/write-sight.ts'
import { deleteAppRecords, findMadeByApp } from './app-records.ts'
import { type ClaimSettings, claimDocument, runClaimed } from './claimed-write.ts'

export interface DeleteDocumentDeps extends WriteDeps {
  readonly db: Db
  readonly settings: ClaimSettings & WriteSettings
}

const sliceSize = 1_000

/**
 * Deletes a document and all its chunks, and the app's own records of it where an inventory knows some. It may fail at any point and be repeated. A document that `visibility` hides
 * from the caller's groups is deleted only if the token carries no groups claim, or has the scope.
 *
 * @throws AppError `not_found`; `document_busy` while a write to it is under way or in doubt; `outcome_unknown` when it
 *   is deleted in part or the outcome is unknown; and the faults of `TenantRoutes` and `TenantStore`.
 */
export async function deleteDocument(
  deps: DeleteDocumentDeps,
  principal: TenantPrincipal,
  input: { readonly documentId: string },
): Promise<void> {
  const { tenantId } = principal
  const { documentId } = input
  const route = await deps.routes.find(tenantId)
  const stem = chunkStem(shapeOf(route), documentId)
  const groups = writeGroups(principal)
  const made = await findMadeByApp(deps.db, route, [documentId], groups)
  if (made.size > 0) {
    mustBeDone(await deleteAppRecords(deps, tenantId, documentId, groups))
    await dropAppDocument(deps.db, tenantId, documentId)
    if ((await findDocument(deps.db, tenantId, documentId)) === undefined) return
  }
  await writing(
    deps,
    tenantId,
    async (writer) => {
      const claimed = await claimDocument(deps, (how) =>
        claimForDeletion(deps.db, tenantId, documentId, { ...how, groups }),
      )
      if (claimed.kind !== 'claimed') return
      const { claim } = claimed
      const deletes = slices(claim.ceiling).map(
        ([from, to]) =>
          () =>
            writer.deleteIds(chunkIds(stem, from, to)),
      )
      await runClaimed(deps, claim, deletes, (doubtMs) => claimEnds(deps.db).deleted(claim, doubtMs))
    },
    { isClaimed: true },
  )
}

function slices(count: number): readonly (readonly [number, number])[] {
  return Array.from({ length: Math.ceil(count / sliceSize) }, (_, at) => [
    at * sliceSize,
    Math.min((at + 1) * sliceSize, count),
  ])
}
