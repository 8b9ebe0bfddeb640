import type { Tx } from '../../db/connect.ts'
import { findIndex, freeRoom, setIndexDeleted } from '../../registry/indexes.ts'
import { markPurged, type PlaceRow } from '../../registry/places.ts'
import { closeCleanup } from './cleanups.ts'

/** Writes down that a place is gone from the store: its room is free, its name burnt. Twice is harmless. */
export async function freePlace(tx: Tx, place: PlaceRow): Promise<void> {
  await closeCleanup(tx, place.id)
  if (!(await markPurged(tx, place.id))) return
  await freeRoom(tx, place.indexId, false)
  const index = await findIndex(tx, place.indexId)
  if (index?.kind === 'silo') await setIndexDeleted(tx, index.id)
}
