import type { Tx } from '../../db/connect.ts'
import { poolOf } from '../../placement/choose-project.ts'
import { namespaceName } from '../../placement/naming.ts'
import type { PlaceKind } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type IndexRow, listPoolShards, takeRoom } from '../../registry/indexes.ts'
import { insertPlaces, type PlaceRow } from '../../registry/places.ts'
import { type IndexOrder, openIndex } from '../indexes/open-index.ts'
import { openCleanups } from '../places/cleanups.ts'
import type { TenantSettings } from '../places/settings.ts'
import { spread } from './spread.ts'

/** A tenant that needs a place. */
export interface SeatWanted {
  readonly tenantId: TenantId
  readonly generation: number
  readonly kind: PlaceKind
  readonly region: string
}

/** A place that is counted and recorded, but not made in the store yet. */
export interface Reservation {
  readonly place: Pick<PlaceRow, 'id' | 'tenantId' | 'indexId' | 'indexName' | 'project' | 'namespace' | 'generation'>
  readonly index: Pick<IndexRow, 'id' | 'kind' | 'state' | 'host'>
}

export interface Seats {
  readonly reservations: readonly Reservation[]
  /** Indexes that this transaction opened: the caller makes them. */
  readonly opened: readonly number[]
}

/** The transaction has to run again: from the start and, when `mayOpen`, with the project locked. */
export class SeatsChanged extends Error {
  readonly mayOpen: boolean
  constructor(mayOpen: boolean) {
    super(mayOpen ? 'an index has to be opened' : 'an index filled up meanwhile')
    this.mayOpen = mayOpen
  }
}

interface Chosen extends SeatWanted {
  readonly index: Pick<IndexRow, 'id' | 'name' | 'project'>
}

/**
 * Gives each tenant a place in an index. It chooses from an earlier read and changes the counters at the end, only if
 * they still allow it, so that the contended row is locked as briefly as possible.
 * @throws SeatsChanged, AppError as `openIndex`
 */
export async function takeSeats(
  tx: Tx,
  settings: TenantSettings,
  wanted: readonly SeatWanted[],
  mayOpen: boolean,
): Promise<Seats> {
  if (wanted.length === 0) return { reservations: [], opened: [] }
  const opened: number[] = []
  const open = async (order: IndexOrder) => {
    if (!mayOpen) throw new SeatsChanged(true)
    const index = await openIndex(tx, settings, order)
    opened.push(index.id)
    return index
  }
  const chosen: Chosen[] = []
  for (const want of wanted) {
    if (want.kind === 'silo') chosen.push({ ...want, index: await open({ ...want, kind: 'silo' }) })
  }
  const pooled = Map.groupBy(
    wanted.filter((want) => want.kind === 'pool'),
    (want) => want.region,
  )
  for (const [region, wants] of pooled) chosen.push(...(await choosePool(tx, settings, region, wants, open)))
  const places = await insertPlaces(
    tx,
    chosen.map(({ tenantId, generation, index }) => ({
      tenantId,
      generation,
      indexId: index.id,
      indexName: index.name,
      project: index.project,
      namespace: namespaceName(tenantId, generation),
      state: 'reserved',
    })),
  )
  await openCleanups(
    tx,
    places.map((place) => place.id),
  )
  const indexes = await count(tx, places)
  return { reservations: places.map((place) => reservation(place, indexes)), opened }
}

async function choosePool(
  tx: Tx,
  settings: TenantSettings,
  region: string,
  wants: readonly SeatWanted[],
  open: (order: IndexOrder) => Promise<IndexRow>,
): Promise<readonly Chosen[]> {
  const { projects, embeddingModel: model, dimension } = settings
  const shards = await listPoolShards(tx, { model, dimension })
  const { seats, left } = spread(poolOf(shards, projects, region), wants.length)
  const indexes = seats.flatMap(({ shard: { indexId: id, name, project }, count }) =>
    Array<Chosen['index']>(count).fill({ id, name, project }),
  )
  for (let missing = left; missing > 0; ) {
    const index = await open({ kind: 'pool', region })
    const count = Math.min(missing, index.namespaceLimit)
    indexes.push(...Array(count).fill(index))
    missing -= count
  }
  return wants.flatMap((want, i) => {
    const index = indexes[i]
    return index === undefined ? [] : [{ ...want, index }]
  })
}

/** Counts in id order, so that two replicas cannot deadlock. */
async function count(tx: Tx, places: readonly PlaceRow[]): Promise<ReadonlyMap<number, IndexRow>> {
  const byIndex = Map.groupBy(places, (place) => place.indexId)
  const rows = new Map<number, IndexRow>()
  for (const [indexId, inIt] of [...byIndex].toSorted(([a], [b]) => a - b)) {
    const row = await takeRoom(tx, indexId, inIt.length)
    if (row === undefined) throw new SeatsChanged(false)
    rows.set(indexId, row)
  }
  return rows
}

function reservation(place: PlaceRow, indexes: ReadonlyMap<number, IndexRow>): Reservation {
  const index = indexes.get(place.indexId)
  if (index === undefined) throw new Error('A place was reserved in an index that was not counted.')
  return { place, index }
}
