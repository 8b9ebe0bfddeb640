import type { Tx } from '../../db/connect.ts'
import type { PlaceKind } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type IndexRow, listPoolShards } from '../../registry/indexes.ts'
import { type IndexOrder, openIndex } from '../indexes/open-index.ts'
import type { TenantSettings } from '../places/settings.ts'
import { choosePoolIndexes } from './choose-indexes.ts'

/** A tenant that needs an index for its next place. */
export interface IndexWanted {
  readonly tenantId: TenantId
  readonly generation: number
  readonly kind: PlaceKind
  readonly region: string
}

export interface ChosenIndexes {
  readonly indexIds: ReadonlyMap<TenantId, number>
  /** Indexes that this transaction opened: the caller makes them. */
  readonly opened: readonly number[]
}

/** The transaction has to run again: from the start and, when `mayOpen`, with the projects locked. */
export class CapacityChanged extends Error {
  readonly mayOpen: boolean
  constructor(mayOpen: boolean) {
    super(mayOpen ? 'an index has to be opened' : 'an index filled up meanwhile')
    this.mayOpen = mayOpen
  }
}

/**
 * Chooses an index for each tenant, and opens missing ones. It chooses from an earlier read; `reservePlaces` changes
 * the counters, only if they still allow it.
 * @throws CapacityChanged, AppError as `openIndex`
 */
export async function chooseOrOpenIndexes(
  tx: Tx,
  settings: TenantSettings,
  wanted: readonly IndexWanted[],
  mayOpen: boolean,
): Promise<ChosenIndexes> {
  const opened: number[] = []
  const open = async (order: IndexOrder): Promise<IndexRow> => {
    if (!mayOpen) throw new CapacityChanged(true)
    const index = await openIndex(tx, settings, order)
    opened.push(index.id)
    return index
  }
  const indexIds = new Map<TenantId, number>()
  for (const want of wanted) {
    if (want.kind === 'silo') indexIds.set(want.tenantId, (await open({ ...want, kind: 'silo' })).id)
  }
  const pooled = wanted.filter((want) => want.kind === 'pool')
  const { embeddingModel: model, dimension, metric } = settings
  const shards = pooled.length === 0 ? [] : await listPoolShards(tx, { model, dimension, metric })
  const { chosen, left } = choosePoolIndexes(shards, settings.projects, pooled)
  for (const [tenantId, shard] of chosen) indexIds.set(tenantId, shard.indexId)
  for (const [region, tenants] of left) {
    for (let from = 0; from < tenants.length; ) {
      const index = await open({ kind: 'pool', region })
      const some = tenants.slice(from, from + index.namespaceLimit)
      for (const tenantId of some) indexIds.set(tenantId, index.id)
      from += some.length
    }
  }
  return { indexIds, opened }
}
