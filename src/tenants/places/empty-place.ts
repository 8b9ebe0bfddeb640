import { pause } from '../../concurrency/retry.ts'
import type { Db } from '../../db/connect.ts'
import { findIndex } from '../../registry/indexes.ts'
import { type PlaceRow, toPlacement } from '../../registry/places.ts'
import type { VectorStore } from '../../stores/store.ts'
import type { DeletedPlace } from './deletion-receipt.ts'
import type { TenantSettings } from './settings.ts'

interface Deps {
  readonly db: Db
  readonly stores: VectorStore
  readonly settings: TenantSettings
}

/**
 * Deletes a place's data from the store, its namespace or a silo's whole index, and returns when the store no longer
 * shows it. Nothing may write to the place any longer. The registry stays unchanged.
 */
export async function emptyPlace(deps: Deps, place: PlaceRow, signal: AbortSignal): Promise<DeletedPlace> {
  const index = await findIndex(deps.db, place.indexId)
  if (index === undefined) throw new Error(`Place ${place.id} has no index.`)
  const { kind, name, host } = index
  const known = host === null ? undefined : await deps.stores.describeIndex(place.project, name, { signal })
  const records = known === undefined ? null : await countRecords(deps.stores, place, index, signal)
  // The operator made an adopted index, and only the operator deletes it.
  const gone = kind === 'silo' && index.adoptedAt === null ? dropIndex : dropNamespace
  while (known !== undefined && !(await gone(deps.stores, place, index, signal))) {
    await pause(deps.settings.pollMs ?? 500, signal)
  }
  return { kind, index: name, generation: place.generation, records }
}

type Index = Parameters<typeof toPlacement>[1]

async function countRecords(stores: VectorStore, place: PlaceRow, index: Index, signal: AbortSignal) {
  const found = await stores.open(toPlacement(place, index)).describeNamespace({ signal })
  return found?.recordCount ?? null
}

async function dropNamespace(stores: VectorStore, place: PlaceRow, index: Index, signal: AbortSignal) {
  const store = stores.open(toPlacement(place, index))
  await store.deleteNamespace({ signal })
  return (await store.describeNamespace({ signal })) === undefined
}

async function dropIndex(stores: VectorStore, place: PlaceRow, _index: Index, signal: AbortSignal) {
  await stores.deleteIndex(place.project, place.indexName, { signal })
  return (await stores.describeIndex(place.project, place.indexName, { signal })) === undefined
}
