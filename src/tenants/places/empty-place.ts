import { pause } from '../../concurrency/retry.ts'
import type { Db } from '../../db/connect.ts'
import { findIndex } from '../../registry/indexes.ts'
import type { DeletedPlaceRow } from '../../registry/offboardings/offboardings.sql.ts'
import { type PlaceRow, toPlacement } from '../../registry/places.ts'
import type { VectorStore } from '../../stores/store.ts'
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
export async function emptyPlace(deps: Deps, place: PlaceRow, signal: AbortSignal): Promise<void> {
  const index = await indexOf(deps, place)
  if (!(await isThere(deps, place, index, signal))) return
  // The operator made an adopted index, and only the operator deletes it.
  const gone = index.kind === 'silo' && index.adoptedAt === null ? dropIndex : dropNamespace
  while (!(await gone(deps.stores, place, index, signal))) await pause(deps.settings.pollMs ?? 500, signal)
}

/** A place with the records that the store counts in it; null: it is not there. */
export async function countPlace(deps: Deps, place: PlaceRow, signal: AbortSignal): Promise<DeletedPlaceRow> {
  const index = await indexOf(deps, place)
  const { kind, name, adoptedAt } = index
  const found = (await isThere(deps, place, index, signal))
    ? await deps.stores.open(toPlacement(place, index)).describeNamespace({ signal })
    : undefined
  return {
    kind,
    index: name,
    generation: place.generation,
    records: found?.recordCount ?? null,
    isAdopted: adoptedAt !== null,
  }
}

type Index = Parameters<typeof toPlacement>[1] & { readonly name: string; readonly adoptedAt: Date | null }

async function indexOf({ db }: Deps, place: PlaceRow): Promise<Index> {
  const index = await findIndex(db, place.indexId)
  if (index === undefined) throw new Error(`Place ${place.id} has no index.`)
  return index
}

/** Whether its index is there; an index without an address was never made. */
async function isThere(
  { stores }: Deps,
  place: PlaceRow,
  { name, host }: Index,
  signal: AbortSignal,
): Promise<boolean> {
  return host !== null && (await stores.describeIndex(place.project, name, { signal })) !== undefined
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
