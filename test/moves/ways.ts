import { vi } from 'vitest'
import type { MoveView } from '../../src/moves/show-move.ts'
import { startMove } from '../../src/moves/start-move.ts'
import { supplyVectors } from '../../src/moves/supplied/supply-vectors.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import type { VectorRecord } from '../../src/stores/store.ts'
import { contents, type MoveWorld, platform, settings, vectorOf } from '../support/move-world.ts'
import { openShard, start } from './shards.ts'

/** A kind of move that faults are staged in: how it begins, what its app writes, and what arrives. */
export interface Way {
  readonly words: string
  /** A tenant with so many records. */
  tenant(world: MoveWorld, count: number): Promise<TenantId>
  begin(world: MoveWorld, tenantId: TenantId): Promise<MoveView>
  /** A record as the app writes it; another version has other metadata. */
  record(id: string, version: number): VectorRecord
  /** A record as the new place has it. */
  arrived(record: VectorRecord): VectorRecord
}

export const promoteWay: Way = {
  words: 'to an index of its own',
  tenant: (world, count) => world.tenant('acme', count),
  begin: (world, tenantId) => world.promote(tenantId),
  record: (id, version) => ({ id, values: [1, version, id.length, 1], metadata: { version } }),
  arrived: (record) => record,
}

/** From an index that compares by cosine to one by dot product: vectors stay as they are, and must be of length 1. */
export const metricWay: Way = {
  words: 'to an index of the other metric',
  async tenant(world, count) {
    const acme = await world.tenant('acme', count, { form: 'unit' })
    await openShard(world, 2, { metric: 'dotproduct' })
    return acme
  },
  begin: (world, tenantId) => start(world, tenantId, 'rebalance', 'tr-pool-2'),
  record: (id, version) => ({ id, values: [0, 0.6, 0.8, 0], metadata: { version } }),
  arrived: (record) => record,
}

/** The vector that a person supplies for a record without a text. */
const suppliedFor = (id: string) => vectorOf('other', `made of ${id}`)

/** To another model, where every third record has no text: a vector was supplied for it. */
export const suppliedWay: Way = {
  words: 'to another model with supplied vectors',
  tenant: (world, count) => world.tenant('acme', count, { form: 'some texts' }),
  async begin(world, tenantId) {
    const deps = { db: world.home.db, settings, stores: world.store }
    const records = await contents(await world.placeOf(tenantId))
    const mute = [...records.values()].filter(({ metadata }) => metadata?.text === undefined)
    const vectors = mute.map(({ id }) => ({ id, values: suppliedFor(id) }))
    // The store may show a tenant's first records a moment late.
    const { id: vectorsFrom } = await vi.waitFor(() =>
      supplyVectors(deps, platform, tenantId, { model: 'other', vectors }),
    )
    return startMove(deps, platform, { tenantId, kind: 'promote', model: 'other', vectorsFrom })
  },
  record: (id, version) => ({ id, values: [], metadata: { version, text: `text of ${id}` } }),
  arrived({ id, metadata }) {
    const text = metadata?.text
    const values = typeof text === 'string' ? vectorOf('other', text) : suppliedFor(id)
    return { id, values, ...(metadata && { metadata }) }
  },
}
