import type { TenantPrincipal } from '../auth/principal.ts'
import type { Db } from '../db/connect.ts'
import { claimForDeletion } from '../registry/document-claims.ts'
import { claimEnds } from '../registry/end-document-claim.ts'
import { type ClaimSettings, claimDocument, runClaimed } from './claimed-write.ts'
import { type WriteDeps, writeInPlace } from './place-writer.ts'
import { chunkIds } from './record-ids.ts'

export interface DeleteDocumentDeps extends WriteDeps {
  readonly db: Db
  readonly settings: ClaimSettings
}

const sliceSize = 1_000

/**
 * Deletes a document and all its chunks. It can fail at any point and be tried again. Writing goes by scope: also a
 * document whose `visibility` hides it from the caller's groups is deleted.
 *
 * @throws AppError `not_found`; `document_busy` while a write to it is under way or in doubt; `outcome_unknown` when it
 *   is deleted in part or its fate is not known; and the faults of `TenantRoutes` and `TenantStore`.
 */
export async function deleteDocument(
  deps: DeleteDocumentDeps,
  principal: TenantPrincipal,
  input: { readonly documentId: string },
): Promise<void> {
  const { tenantId } = principal
  await writeInPlace(
    deps,
    tenantId,
    async (place) => {
      const claimed = await claimDocument(deps.settings, (how) =>
        claimForDeletion(deps.db, tenantId, input.documentId, how),
      )
      if (claimed.kind !== 'claimed') return
      const { claim } = claimed
      await runClaimed(deps, claim, place, async (keep) => {
        for (let at = 0; at < claim.ceiling; at += sliceSize) {
          await keep()
          await place.deleteIds(chunkIds(input.documentId, at, Math.min(at + sliceSize, claim.ceiling)))
        }
        await claimEnds(deps.db).deleted(claim, place.inDoubt ? deps.settings.storeInDoubtMs : undefined)
      })
    },
    { isClaimed: true },
  )
}
