/** The facts about a shared index that the choice of a shard uses. */
export interface Shard {
  readonly indexId: number
  readonly ordinal: number
  readonly namespacesUsed: number
  readonly namespaceLimit: number
  /** Set when the store refused a namespace here (403): the index takes no more, whatever the counts say. */
  readonly full: boolean
}

function hasRoom(shard: Shard): boolean {
  return !shard.full && shard.namespacesUsed < shard.namespaceLimit
}

/**
 * The fullest shard with capacity, the older one on a tie: indexes are scarce, so shards are filled one after another.
 * `undefined`: the next shard has to be opened.
 */
export function chooseShard(shards: readonly Shard[]): Shard | undefined {
  return shards
    .filter(hasRoom)
    .toSorted((a, b) => b.namespacesUsed - a.namespacesUsed || a.ordinal - b.ordinal)
    .at(0)
}
