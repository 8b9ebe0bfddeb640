import type { Db } from '../db/connect.ts'
import { poolOf } from '../placement/choose-project.ts'
import { namespaceName } from '../placement/naming.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { listPoolShards, type PoolShard } from '../registry/indexes.ts'
import { isOutOfRoom, seatNewTenants } from '../registry/seat-new-tenants.ts'
import type { Order } from './reserve.ts'
import type { TenantSettings } from './settings.ts'
import { spread } from './spread.ts'
import type { Reservation } from './take-seats.ts'

/**
 * The short way of `reserve`, for what nearly all onboardings are: a new id, and a shared index with room.
 * @returns one an order, in order; undefined: that one needs the long way.
 */
export async function reserveNew(
  { db, settings }: { readonly db: Db; readonly settings: TenantSettings },
  orders: readonly Order[],
): Promise<readonly (Reservation | undefined)[]> {
  const { embeddingModel: model, dimension } = settings
  const chosen = choose(await listPoolShards(db, { model, dimension }), settings, orders)
  if (chosen.size === 0) return orders.map(() => undefined)
  const seats = [...chosen.values()].map(({ order, shard }) => ({ ...order, indexId: shard.indexId }))
  const seated = await seatNewTenants(db.$client, seats).catch((error: unknown) => {
    if (isOutOfRoom(error)) return []
    throw error
  })
  const placeIds = new Map(seated.map(({ tenantId, placeId }) => [tenantId, placeId]))
  return orders.map((order) => {
    const seat = chosen.get(order.tenant.id)
    const placeId = placeIds.get(order.tenant.id)
    return seat?.order === order && placeId !== undefined ? reservation(seat, placeId) : undefined
  })
}

interface Choice {
  readonly order: Order
  readonly shard: PoolShard
}

/** One a tenant, as far as there is room. */
function choose(
  shards: readonly PoolShard[],
  { projects, region: ownRegion }: TenantSettings,
  orders: readonly Order[],
): ReadonlyMap<TenantId, Choice> {
  const first = new Map<TenantId, Order>()
  for (const order of orders) {
    if (order.tenant.initialKind === 'pool' && !first.has(order.tenant.id)) first.set(order.tenant.id, order)
  }
  const chosen = new Map<TenantId, Choice>()
  for (const [region, wants] of Map.groupBy(first.values(), (order) => order.tenant.region ?? ownRegion)) {
    const { seats } = spread(poolOf(shards, projects, region), wants.length)
    const rooms = seats.flatMap(({ shard, count }) => Array<PoolShard>(count).fill(shard))
    rooms.forEach((shard, i) => {
      const order = wants[i]
      if (order !== undefined) chosen.set(order.tenant.id, { order, shard })
    })
  }
  return chosen
}

function reservation({ order, shard }: Choice, placeId: number): Reservation {
  const tenantId = order.tenant.id
  return {
    place: {
      id: placeId,
      tenantId,
      indexId: shard.indexId,
      indexName: shard.name,
      project: shard.project,
      namespace: namespaceName(tenantId, 1),
      generation: 1,
    },
    index: { id: shard.indexId, kind: 'pool', state: shard.state, host: shard.host },
  }
}
