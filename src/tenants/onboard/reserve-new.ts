import type { Db } from '../../db/connect.ts'
import { poolOf } from '../../placement/choose-project.ts'
import { namespaceName } from '../../placement/naming.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { listPoolShards, type PoolShard } from '../../registry/indexes.ts'
import { isOutOfRoom, type Seated, seatNewTenants } from '../../registry/seat-new-tenants.ts'
import type { TenantSettings } from '../places/settings.ts'
import type { Order } from './reserve.ts'
import { spread } from './spread.ts'
import type { Reservation } from './take-seats.ts'

/**
 * Time that a list of the shared indexes is reused, since otherwise every batch would read it. A stale list may miss
 * the fullest index but never exceeds a limit: the counters are checked when they are written.
 */
const listMs = 1_000

type Reservations = readonly (Reservation | undefined)[]

/**
 * The fast path of `reserve`, for nearly all onboardings: a new id, and a shared index with capacity.
 * @returns a function with one result per order, in order; undefined: that one needs the slow path.
 */
export function reserveNew({ db, settings }: { readonly db: Db; readonly settings: TenantSettings }) {
  let listed: { readonly shards: readonly PoolShard[]; readonly until: number } | undefined

  async function list(): Promise<readonly PoolShard[]> {
    const { embeddingModel: model, dimension } = settings
    const until = performance.now() + listMs
    const shards = await listPoolShards(db, { model, dimension })
    // One that is being made will have an address at any time.
    listed = shards.every((shard) => shard.state === 'ready') ? { shards, until } : undefined
    return shards
  }

  async function seat(shards: readonly PoolShard[], orders: readonly Order[]): Promise<Reservations> {
    const chosen = choose(shards, settings, orders)
    if (chosen.size === 0) return orders.map(() => undefined)
    const seats = [...chosen.values()].map(({ order, shard }) => ({ ...order, indexId: shard.indexId }))
    const seated = await seatNewTenants(db.$client, seats).catch((error: unknown) => {
      if (isOutOfRoom(error)) return []
      throw error
    })
    if (listed !== undefined) listed = { ...listed, shards: filled(listed.shards, seated) }
    const placeIds = new Map(seated.map(({ tenantId, placeId }) => [tenantId, placeId]))
    return orders.map((order) => {
      const one = chosen.get(order.tenant.id)
      const placeId = placeIds.get(order.tenant.id)
      return one?.order === order && placeId !== undefined ? reservation(one, placeId) : undefined
    })
  }

  return async (orders: readonly Order[]): Promise<Reservations> => {
    if (listed === undefined || listed.until <= performance.now()) return seat(await list(), orders)
    const byOld = await seat(listed.shards, orders)
    const left = orders.filter((_, at) => byOld[at] === undefined)
    if (left.length === 0) return byOld
    const byNew = (await seat(await list(), left)).values()
    return byOld.map((one) => one ?? byNew.next().value)
  }
}

/** The list after this replica's own tenants; other replicas' tenants show when the list is read again. */
function filled(shards: readonly PoolShard[], seated: readonly Seated[]): readonly PoolShard[] {
  const taken = Map.groupBy(seated, ({ indexId }) => indexId)
  return shards.map((shard) => {
    const { length = 0 } = taken.get(shard.indexId) ?? []
    return { ...shard, namespacesUsed: shard.namespacesUsed + length }
  })
}

interface Choice {
  readonly order: Order
  readonly shard: PoolShard
}

/** One index per tenant, as far as capacity goes. */
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
