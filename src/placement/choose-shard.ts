/** What the choice of a shard looks at: one shared index of the registry. */
export interface Shard {
  readonly indexId: number
  readonly ordinal: number
  readonly namespacesUsed: number
  readonly namespaceLimit: number
  /** The store itself refused a namespace here (403): nothing more goes in, whatever the numbers say. */
  readonly full: boolean
}

function hasRoom(shard: Shard): boolean {
  return !shard.full && shard.namespacesUsed < shard.namespaceLimit
}

/**
 * The fullest shard with room, the older one on a tie: indexes are scarce, so shards are filled one after another.
 * `undefined` means that the next shard has to be opened.
 */
export function chooseShard(shards: readonly Shard[]): Shard | undefined {
  return shards
    .filter(hasRoom)
    .toSorted((a, b) => b.namespacesUsed - a.namespacesUsed || a.ordinal - b.ordinal)
    .at(0)
}
