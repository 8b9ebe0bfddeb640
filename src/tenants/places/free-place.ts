import type { Tx } from '../../db/connect.ts'
import { findIndex, freeCapacity, leaveSilo } from '../../registry/indexes.ts'
import { markPurged, type PlaceRow } from '../../registry/places.ts'
import { closeCleanup } from './cleanups.ts'

/** Records that a place is deleted from the store: its capacity is free, its name used up. A repeat is harmless. */
export async function freePlace(tx: Tx, place: PlaceRow): Promise<void> {
  await closeCleanup(tx, place.id)
  if (!(await markPurged(tx, place.id))) return
  await freeCapacity(tx, place.indexId, false)
  const index = await findIndex(tx, place.indexId)
  if (index?.kind === 'silo') await leaveSilo(tx, index)
}
