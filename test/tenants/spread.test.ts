import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PoolShard } from '../../src/registry/indexes.ts'
import { spread } from '../../src/tenants/onboard/choose-indexes.ts'

const shard = fc
  .record({
    namespaceLimit: fc.integer({ min: 1, max: 20 }),
    fill: fc.integer({ min: 0, max: 20 }),
    full: fc.boolean(),
    state: fc.constantFrom('ready' as const, 'creating' as const),
  })
  .map(({ fill, ...rest }) => ({ ...rest, namespacesUsed: Math.min(fill, rest.namespaceLimit) }))

const shards = fc.array(shard, { maxLength: 8 }).map((all) =>
  all.map(
    (one, i): PoolShard => ({
      ...one,
      indexId: i + 1,
      ordinal: i + 1,
      project: 'default',
      name: `p-${i}`,
      region: 'r',
      metric: 'cosine',
      host: null,
    }),
  ),
)

const room = (one: PoolShard) => (one.full ? 0 : one.namespaceLimit - one.namespacesUsed)

test('everyone is placed as far as there is room, no shard gets more than it has, ready ones come first', () => {
  fc.assert(
    fc.property(shards, fc.integer({ min: 0, max: 60 }), (all, tenants) => {
      const { shares, left } = spread(all, tenants)
      const placed = shares.reduce((sum, share) => sum + share.count, 0)
      expect(placed + left).toBe(tenants)
      expect(left).toBe(Math.max(0, tenants - all.reduce((sum, one) => sum + room(one), 0)))
      for (const { shard, count } of shares) expect(count).toBeLessThanOrEqual(room(shard))
      expect(new Set(shares.map((share) => share.shard.indexId)).size).toBe(shares.length)
      // All but the last are filled up, so that as few indexes as can be are used.
      for (const { shard, count } of shares.slice(0, -1)) expect(count).toBe(room(shard))
      const states = shares.map((share) => share.shard.state)
      expect(states).toEqual(states.toSorted().toReversed())
    }),
  )
})
