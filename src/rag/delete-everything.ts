import type { Db } from '../db/connect.ts'
import { isAppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { dropUploads, listUploadIds } from '../registry/uploads.ts'
import {
  claimWholeTenant,
  everythingDeleted,
  everythingInDoubt,
  everythingKept,
} from '../registry/whole-tenant-claim.ts'
import { type ClaimSettings, documentBusy, doneInPart, leaseMsOf } from './claimed-write.ts'
import { type WriteDeps, writeInPlace } from './place-writer.ts'

export interface DeleteEverythingDeps extends WriteDeps {
  readonly db: Db
  readonly settings: ClaimSettings
}

/**
 * Empties the tenant's place, and then the inventory, in this order: what the inventory still names can be deleted
 * again, what only the store has would be found by no one. No document can be written meanwhile. Uploads that wait
 * go too.
 */
export function deleteEverything(deps: DeleteEverythingDeps, tenantId: TenantId): Promise<void> {
  const { db } = deps
  const { storeInDoubtMs } = deps.settings
  return writeInPlace(
    deps,
    tenantId,
    async (place) => {
      const claim = await claimWholeTenant(db, tenantId, leaseMsOf(deps.settings))
      if (!('claim' in claim)) throw documentBusy(claim.retryAfterS)
      try {
        const pending = await listUploadIds(db, tenantId)
        await place.deleteAll()
        await dropUploads(db, tenantId, pending)
        await everythingDeleted(db, claim, place.inDoubt ? storeInDoubtMs : undefined)
      } catch (fault) {
        const known = !place.touched
        const ended = known ? everythingKept(db, claim) : everythingInDoubt(db, claim, storeInDoubtMs)
        await ended.catch(() => undefined) // the claim runs out by itself
        throw known || isAppError(fault, 'outcome_unknown') ? fault : doneInPart(fault)
      }
    },
    { isClaimed: true },
  )
}
