import { and, eq, isNull, or, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { freeCapacity, leaveSilo } from '../../registry/indexes.ts'
import { markPurged, toPlacement } from '../../registry/places.ts'
import { routing } from '../../registry/routing.sql.ts'
import type { TenantStore, VectorStore } from '../../stores/store.ts'
import { countListed } from '../losses/count-places.ts'
import { whyNoPurge } from '../losses/loss-rules.ts'
import type { MoveRow } from '../state/move-history.ts'
import { cleanups } from '../state/moves.sql.ts'
import { type PlaceAndIndex, readPlace, readRouting } from '../state/read-places.ts'
import { NeedsPerson } from '../state/stop-reason.ts'

/** Receipt of a purge; stored with the move. */
export interface PurgeReceipt {
  readonly index: string
  readonly namespace: string
  readonly records: number | null
  readonly indexDeleted: boolean
}

interface Deps {
  readonly db: Db
  readonly stores: VectorStore
  readonly signal: AbortSignal
  /** The move of the place, with the records that a person gave up. */
  readonly move: MoveRow
}

/**
 * Deletes a retired place from the store and releases its capacity once it is really gone; a repeat changes nothing.
 *
 * @param isCompared whether the places were compared while the change log told what the app deleted.
 * @returns undefined while the store still shows it: try again.
 * @throws AppError `conflict` when a routing still names the place (docs/moves.md I10).
 */
export async function purgePlace(
  { db, stores, signal, move }: Deps,
  placeId: number,
  isCompared: boolean,
): Promise<PurgeReceipt | undefined> {
  const found = await readPlace(db, placeId)
  if (found === undefined) throw new Error(`there is no place ${placeId}`)
  const { place, index } = found
  await refuseIfNamed(db, placeId)
  const store = index.host === null ? undefined : stores.open(toPlacement(place, index))
  // The operator made an adopted index, and only the operator deletes it.
  const indexDeleted = index.kind === 'silo' && index.adoptedAt === null
  const counted = place.state === 'purged' || index.state === 'deleted' ? undefined : await countRecords()
  const receipt = { index: index.name, namespace: place.namespace, records: counted ?? null, indexDeleted }
  if (place.state === 'purged') return receipt
  if (store !== undefined && !isCompared) await guardUncompared(store)
  if (indexDeleted) {
    await stores.deleteIndex(place.project, index.name, { signal })
    if ((await stores.describeIndex(place.project, index.name, { signal })) !== undefined) return undefined
  } else if (store !== undefined && (await stores.describeIndex(place.project, index.name, { signal })) !== undefined) {
    await store.deleteNamespace({ signal })
    if ((await store.describeNamespace({ signal })) !== undefined) return undefined
  }
  await db.transaction((tx) => giveBack(tx, found))
  return receipt

  /**
   * Guards a purge after the log ended under a dead mover: the tenant's place must show that it has what is deleted
   * here.
   */
  async function guardUncompared(purged: TenantStore): Promise<void> {
    const kept = stores.open((await readRouting(db, move)).active)
    const [keptRecords, purgedRecords] = await Promise.all([countListed(kept, signal), countListed(purged, signal)])
    const reason = whyNoPurge(keptRecords, purgedRecords ?? 0, move.acceptedLoss)
    if (reason !== undefined) throw new NeedsPerson(reason)
  }

  /** Counts for the receipt only: an index that is gone already, or never existed, has no count. */
  async function countRecords(): Promise<number | undefined> {
    if (store === undefined) return undefined
    const known = await stores.describeIndex(place.project, index.name, { signal })
    return known === undefined ? undefined : (await store.describeNamespace({ signal }))?.recordCount
  }
}

/** Releases the capacity, or a silo's index, of a place that the store no longer has, or never had. */
export async function giveBack(tx: Tx, { place, index }: PlaceAndIndex): Promise<void> {
  if (await markPurged(tx, place.id)) {
    await freeCapacity(tx, index.id, false)
    if (index.kind === 'silo') await leaveSilo(tx, index)
  }
  await tx
    .update(cleanups)
    .set({ doneAt: sql`now()` })
    .where(and(eq(cleanups.placeId, place.id), isNull(cleanups.doneAt)))
}

async function refuseIfNamed(db: Db, placeId: number): Promise<void> {
  const [named] = await db
    .select({ tenantId: routing.tenantId })
    .from(routing)
    .where(or(eq(routing.activePlaceId, placeId), eq(routing.followerPlaceId, placeId)))
  if (named !== undefined) throw new AppError('conflict', 'The place is still in use and is not deleted.')
}
