import type { Db } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import {
  claimDeleteAll,
  deleteAllDone,
  deleteAllInDoubt,
  deleteAllRefused,
} from '../../registry/documents/delete-all-claim.ts'
import { dropUploads, listUploadIds } from '../../registry/uploads/uploads.ts'
import { also, mustBeDone, untouched, type WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import { type ClaimSettings, documentBusy, leaseMsOf } from '../documents/claimed-write.ts'
import { writing } from '../writes/tenant-writer.ts'
import type { WriteDeps, WriteSettings } from '../writes/write-deps.ts'

export interface DeleteEverythingDeps extends WriteDeps {
  readonly db: Db
  readonly settings: ClaimSettings & WriteSettings
}

/**
 * Empties the tenant's place, and then the inventory. The order matters: the inventory's remaining documents can be
 * deleted again, while nobody would find a record that only the store has. No document can be written meanwhile.
 * Waiting uploads are dropped too.
 */
export function deleteEverything(deps: DeleteEverythingDeps, tenantId: TenantId): Promise<void> {
  const { db } = deps
  const { storeInDoubtMs } = deps.settings
  return writing(
    deps,
    tenantId,
    async (writer) => {
      const claim = await claimDeleteAll(db, tenantId, leaseMsOf(deps.settings))
      if (!('claim' in claim)) throw documentBusy(claim.retryAfterS)
      let outcome: WriteOutcome = untouched()
      try {
        const pending = await listUploadIds(db, tenantId)
        outcome = await writer.deleteAll()
        if (outcome.fault === undefined) {
          await dropUploads(db, tenantId, pending)
          return await deleteAllDone(db, claim, outcome.kind === 'inDoubt' ? storeInDoubtMs : undefined)
        }
      } catch (fault) {
        outcome = also(outcome, untouched(fault))
      }
      const ended =
        outcome.kind === 'untouched' ? deleteAllRefused(db, claim) : deleteAllInDoubt(db, claim, storeInDoubtMs)
      await ended.catch(() => undefined) // the claim runs out by itself
      mustBeDone(outcome)
    },
    { isClaimed: true },
  )
}
