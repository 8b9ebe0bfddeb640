import { chooseShard } from '../../placement/choose-shard.ts'
import type { PoolShard } from '../../registry/indexes.ts'

export interface Spread {
  /** Tenants per index, in the order of the choice. */
  readonly seats: readonly { readonly shard: PoolShard; readonly count: number }[]
  /** Tenants for whom no index has capacity. */
  readonly left: number
}

/**
 * Puts tenants into the fullest shard with capacity, then the next; into one that is still being made only as a last
 * choice.
 */
export function spread(shards: readonly PoolShard[], tenants: number): Spread {
  const seats: { shard: PoolShard; count: number }[] = []
  let left = tenants
  for (const state of ['ready', 'creating']) {
    let open = shards.filter((shard) => shard.state === state)
    while (left > 0) {
      const chosen = chooseShard(open)
      const shard = open.find((one) => one.indexId === chosen?.indexId)
      if (shard === undefined) break
      const count = Math.min(left, shard.namespaceLimit - shard.namespacesUsed)
      seats.push({ shard, count })
      left -= count
      open = open.filter((other) => other !== shard)
    }
  }
  return { seats, left }
}
