import { type Project, poolOf } from '../../placement/choose-project.ts'
import { chooseShard } from '../../placement/choose-shard.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { PoolShard } from '../../registry/indexes.ts'

export interface Spread {
  /** How many tenants go into which index, in the order they were chosen. */
  readonly shares: readonly { readonly shard: PoolShard; readonly count: number }[]
  /** Tenants for whom no index has capacity. */
  readonly left: number
}

/** Puts tenants into the fullest shard with capacity, then the next; into one that is still being made only as a last choice. */
export function spread(shards: readonly PoolShard[], tenants: number): Spread {
  const shares: { shard: PoolShard; count: number }[] = []
  let left = tenants
  for (const state of ['ready', 'creating']) {
    let open = shards.filter((shard) => shard.state === state)
    while (left > 0) {
      const chosen = chooseShard(open)
      const shard = open.find((one) => one.indexId === chosen?.indexId)
      if (shard === undefined) break
      const count = Math.min(left, shard.namespaceLimit - shard.namespacesUsed)
      shares.push({ shard, count })
      left -= count
      open = open.filter((other) => other !== shard)
    }
  }
  return { shares, left }
}

export interface PoolChoice {
  readonly chosen: ReadonlyMap<TenantId, PoolShard>
  /** Tenants without capacity in their region, by region. */
  readonly left: ReadonlyMap<string, readonly TenantId[]>
}

/** Chooses shared indexes for tenants, region by region. */
export function choosePoolIndexes(
  shards: readonly PoolShard[],
  projects: readonly Project[],
  wanted: readonly { readonly tenantId: TenantId; readonly region: string }[],
): PoolChoice {
  const chosen = new Map<TenantId, PoolShard>()
  const left = new Map<string, readonly TenantId[]>()
  for (const [region, wants] of Map.groupBy(wanted, (want) => want.region)) {
    const tenantIds = wants.map(({ tenantId }) => tenantId)
    let placed = 0
    for (const { shard, count } of spread(poolOf(shards, projects, region), wants.length).shares) {
      for (const tenantId of tenantIds.slice(placed, placed + count)) chosen.set(tenantId, shard)
      placed += count
    }
    if (placed < wants.length) left.set(region, tenantIds.slice(placed))
  }
  return { chosen, left }
}
