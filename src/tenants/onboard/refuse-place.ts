import type { Db } from '../../db/connect.ts'
import { freeCapacity, markFull } from '../../registry/indexes.ts'
import { erasePlace, type PlaceRow, retirePlace } from '../../registry/places.ts'
import { armCleanup, eraseCleanup } from '../places/cleanups.ts'

/**
 * Handles the store's refusal of a namespace: the index counts as full, and the reservation is undone. If the refusal
 * is the only answer ever received (`untouched`), nothing can exist and nothing is kept; otherwise the place stays
 * counted until the sweep has seen that it is empty.
 */
export async function refusePlace(
  deps: { readonly db: Db; readonly settings: { readonly storeInDoubtMs: number } },
  place: Pick<PlaceRow, 'id' | 'indexId'>,
  untouched: boolean,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    if (untouched && (await eraseCleanup(tx, place.id))) {
      await erasePlace(tx, place.id)
      await freeCapacity(tx, place.indexId, true)
    } else {
      await markFull(tx, place.indexId)
      await armCleanup(tx, place.id, deps.settings.storeInDoubtMs)
      await retirePlace(tx, place.id)
    }
  })
}
