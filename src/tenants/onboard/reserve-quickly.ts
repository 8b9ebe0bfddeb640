import type { Db } from '../../db/connect.ts'
import { listPoolShards, type PoolShard } from '../../registry/indexes.ts'
import { isOutOfCapacity, type PlaceReservation, reservePlaces } from '../../registry/reserve-places.ts'
import type { TenantSettings } from '../places/settings.ts'
import { choosePoolIndexes } from './choose-indexes.ts'
import { firstOrders, type Order } from './reserve.ts'

/**
 * Time that a list of the shared indexes is reused, since otherwise every batch would read it. A stale list may miss
 * the fullest index but never exceeds a limit: the counters are checked when they are written.
 */
const listMs = 1_000

type Reservations = readonly (PlaceReservation | undefined)[]

/**
 * The fast path of `reserve`, for nearly all onboardings: a shared index with capacity. It opens none.
 * @returns a function with one result per order, in order; undefined: that one needs the slow path.
 */
export function reserveQuickly({ db, settings }: { readonly db: Db; readonly settings: TenantSettings }) {
  let listed: { readonly shards: readonly PoolShard[]; readonly until: number } | undefined

  async function list(): Promise<readonly PoolShard[]> {
    const { embeddingModel: model, dimension, metric } = settings
    const until = performance.now() + listMs
    const shards = await listPoolShards(db, { model, dimension, metric })
    // One that is being made will have an address at any time.
    listed = shards.every((shard) => shard.state === 'ready') ? { shards, until } : undefined
    return shards
  }

  async function reserveIn(shards: readonly PoolShard[], orders: readonly Order[]): Promise<Reservations> {
    const pooled = firstOrders(orders.filter(({ tenant }) => tenant.initialKind === 'pool'))
    const wanted = [...pooled.values()].map(({ tenant }) => ({
      tenantId: tenant.id,
      region: tenant.region ?? settings.region,
    }))
    const { chosen } = choosePoolIndexes(shards, settings.projects, wanted)
    const created = [...pooled.values()].flatMap((order) => {
      const shard = chosen.get(order.tenant.id)
      return shard === undefined ? [] : [{ ...order, indexId: shard.indexId }]
    })
    const reserved = await reservePlaces(db, created).catch((error: unknown) => {
      if (isOutOfCapacity(error)) return []
      throw error
    })
    if (listed !== undefined) listed = { ...listed, shards: filled(listed.shards, reserved) }
    const byTenant = new Map(reserved.map((one) => [one.place.tenantId, one]))
    return orders.map((order) => {
      const { id } = order.tenant
      return pooled.get(id) === order ? byTenant.get(id) : undefined
    })
  }

  return async (orders: readonly Order[]): Promise<Reservations> => {
    if (listed === undefined || listed.until <= performance.now()) return reserveIn(await list(), orders)
    const byOld = await reserveIn(listed.shards, orders)
    const left = orders.filter((_, at) => byOld[at] === undefined)
    if (left.length === 0) return byOld
    const byNew = (await reserveIn(await list(), left)).values()
    return byOld.map((one) => one ?? byNew.next().value)
  }
}

/** The list as it is after this replica's own tenants; others' are met when the list is old. */
function filled(shards: readonly PoolShard[], reserved: readonly PlaceReservation[]): readonly PoolShard[] {
  const taken = Map.groupBy(reserved, ({ index }) => index.id)
  return shards.map((shard) => {
    const { length = 0 } = taken.get(shard.indexId) ?? []
    return { ...shard, namespacesUsed: shard.namespacesUsed + length }
  })
}
