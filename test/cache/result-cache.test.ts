import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { ResultCache } from '../../src/cache/result-cache.ts'
import { type AnswerKeyParts, answerKey } from '../../src/cache/tenant-scoped-key.ts'
import type { TenantRoute } from '../../src/placement/phase.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'

let nowMs: number
let cache: ResultCache
beforeEach(() => {
  nowMs = 1_000
  cache = new ResultCache({ maxBytes: 20_000, ttlMs: 60_000, quietMs: 2_000, now: () => nowMs })
})

function routeOf(
  id: string,
  change: { generation?: number; epoch?: number; tier?: TenantRoute['tier'] } = {},
): TenantRoute {
  const tenantId = parseTenantId(id)
  const { generation = 1, epoch = 1, tier = 'standard' } = change
  return {
    ...{ tenantId, tier, status: 'active' },
    routing: {
      ...{ phase: 'steady', epoch },
      active: {
        ...{ placeId: generation, tenantId, project: 'default', indexName: 'i', indexHost: 'h', kind: 'pool' },
        ...{ namespace: `tenant_${id}_g${generation}`, generation },
      },
    },
  }
}

const parts = (id: string, change: Partial<AnswerKeyParts> = {}): AnswerKeyParts => ({
  ...{ route: routeOf(id), embeddingModel: 'm', groups: [], ask: { query: 'q' }, filter: undefined, topK: 5 },
  ...{ minScore: undefined, includeValues: false },
  ...change,
})
const keyOf = (id: string, query = 'q') => answerKey(parts(id, { ask: { query } }))
const loadOf = (value: string) => async () => value

test('an answer is kept for its time to live', async () => {
  expect(await cache.load(keyOf('a'), loadOf('one'))).toBe('one')
  expect(cache.get(keyOf('a'))).toBe('one')
  nowMs += 59_000
  expect(cache.get(keyOf('a'))).toBe('one')
  nowMs += 2_000
  expect(cache.get(keyOf('a'))).toBeUndefined()
})

test('two tenants with the same question have an answer each', async () => {
  await cache.load(keyOf('a'), loadOf('of a'))
  expect(cache.get(keyOf('b'))).toBeUndefined()
  await cache.load(keyOf('b'), loadOf('of b'))
  expect(cache.get(keyOf('a'))).toBe('of a')
  expect(cache.get(keyOf('b'))).toBe('of b')
})

test('of many who ask the same at once one loads', async () => {
  const answer = Promise.withResolvers<string>()
  let loads = 0
  const load = () => {
    loads += 1
    return answer.promise
  }
  const waiting = Array.from({ length: 20 }, () => cache.load(keyOf('a'), load))
  answer.resolve('one')
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['one']))
  expect(loads).toBe(1)
})

test('a fault is told to all who wait and is not kept', async () => {
  const waiting = [1, 2].map(() => cache.load(keyOf('a'), () => Promise.reject(new Error('away'))))
  for (const one of waiting) await expect(one).rejects.toThrow('away')
  expect(await cache.load(keyOf('a'), loadOf('one'))).toBe('one')
})

test('a drop takes all answers of its tenant and none of another', async () => {
  for (const query of ['x', 'y']) {
    await cache.load(keyOf('a', query), loadOf(query))
    await cache.load(keyOf('b', query), loadOf(query))
  }
  cache.drop(parseTenantId('a'))
  expect([keyOf('a', 'x'), keyOf('a', 'y'), keyOf('b', 'x'), keyOf('b', 'y')].map((key) => cache.get(key))).toEqual([
    ...[undefined, undefined],
    ...['x', 'y'],
  ])
})

test('a load that was under way at the drop does not publish, and nobody joins it afterwards', async () => {
  const old = Promise.withResolvers<string>()
  const before = cache.load(keyOf('a'), () => old.promise)
  cache.drop(parseTenantId('a'))
  nowMs += 2_000
  expect(await cache.load(keyOf('a'), loadOf('new'))).toBe('new')
  old.resolve('old')
  expect(await before).toBe('old')
  expect(cache.get(keyOf('a'))).toBe('new')
})

test('the same for everything', async () => {
  const old = Promise.withResolvers<string>()
  await cache.load(keyOf('b'), loadOf('kept'))
  const before = cache.load(keyOf('a'), () => old.promise)
  cache.dropAll()
  old.resolve('old')
  await before
  expect([cache.get(keyOf('a')), cache.get(keyOf('b'))]).toEqual([undefined, undefined])
  expect(cache.bytes).toBe(0)
})

test('shortly after a write answers are not kept: the store may show them from before', async () => {
  cache.drop(parseTenantId('a'))
  nowMs += 1_999
  await cache.load(keyOf('a'), loadOf('old'))
  await cache.load(keyOf('b'), loadOf('other tenant'))
  expect(cache.get(keyOf('a'))).toBeUndefined()
  expect(cache.get(keyOf('b'))).toBe('other tenant')
  nowMs += 1
  await cache.load(keyOf('a'), loadOf('new'))
  expect(cache.get(keyOf('a'))).toBe('new')
})

test('it stays within its bytes, and the answer used longest ago goes first', async () => {
  const large = 'x'.repeat(2_000) // some 4,500 bytes with its key
  for (const query of ['1', '2', '3', '4']) await cache.load(keyOf('a', query), loadOf(large))
  expect(cache.get(keyOf('a', '1'))).toBe(large)
  await cache.load(keyOf('a', '5'), loadOf(large))
  expect(cache.bytes).toBeLessThanOrEqual(20_000)
  expect(cache.get(keyOf('a', '1'))).toBe(large)
  expect(cache.get(keyOf('a', '2'))).toBeUndefined()
  await cache.load(keyOf('a', 'huge'), loadOf('x'.repeat(20_000)))
  expect(cache.get(keyOf('a', 'huge'))).toBeUndefined()
  expect(cache.get(keyOf('a', '1'))).toBe(large)
})

test.each([
  { maxBytes: 0, ttlMs: 60_000 },
  { maxBytes: 20_000, ttlMs: 0 },
])('%j keeps nothing', async (options) => {
  const off = new ResultCache(options)
  expect(off.isOn).toBe(false)
  await off.load(keyOf('a'), loadOf('one'))
  expect(off.get(keyOf('a'))).toBeUndefined()
})

const anyParts: fc.Arbitrary<AnswerKeyParts> = fc.record({
  route: fc
    .record({
      id: fc.constantFrom('a', 'b', 'a-b'),
      ...{ generation: fc.integer({ min: 1, max: 2 }), epoch: fc.integer({ min: 1, max: 2 }) },
      tier: fc.constantFrom('standard' as const, 'enterprise' as const),
    })
    .map(({ id, ...change }) => routeOf(id, change)),
  embeddingModel: fc.constantFrom('m', 'n'),
  groups: fc.uniqueArray(fc.constantFrom('hr', 'it', 'hr,it', '"]')).map((groups) => groups.toSorted()),
  ask: fc.oneof(
    fc.constantFrom('q', 'q ', '"', '["x"]', 'null').map((query) => ({ query })),
    fc
      .array(fc.constantFrom(0, 1, 1.0000000000000002, -1), { minLength: 1, maxLength: 2 })
      .map((vector) => ({ vector })),
  ),
  filter: fc.constantFrom(undefined, '{"a":1}', '{"a":"1"}', 'null'),
  topK: fc.integer({ min: 1, max: 2 }),
  minScore: fc.constantFrom(undefined, 0, 0.5),
  includeValues: fc.boolean(),
})

test('requests that may differ in their answer never share a key, and equal ones always do', () => {
  const plain = (value: AnswerKeyParts) => JSON.stringify({ ...value, filter: value.filter ?? false })
  fc.assert(
    fc.property(anyParts, anyParts, (one, other) => {
      expect(answerKey(one).text === answerKey(other).text).toBe(plain(one) === plain(other))
      expect(answerKey(structuredClone(one)).text).toBe(answerKey(one).text)
    }),
    { numRuns: 2_000 },
  )
})

test('each thing that may change an answer changes the key', () => {
  const variants: AnswerKeyParts[] = [
    ...[parts('a'), parts('b'), parts('a', { groups: ['hr'] }), parts('a', { filter: '{}' }), parts('a', { topK: 6 })],
    ...[parts('a', { minScore: 0 }), parts('a', { includeValues: true }), parts('a', { embeddingModel: 'n' })],
    ...[
      parts('a', { ask: { query: 'r' } }),
      parts('a', { ask: { vector: [1] } }),
      parts('a', { ask: { vector: [2] } }),
    ],
    ...[{ generation: 2 }, { epoch: 2 }, { tier: 'enterprise' as const }].map((change) =>
      parts('a', { route: routeOf('a', change) }),
    ),
  ]
  expect(new Set(variants.map((variant) => answerKey(variant).text)).size).toBe(variants.length)
})
