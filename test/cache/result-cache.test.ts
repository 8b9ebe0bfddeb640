import { beforeEach, expect, test } from 'vitest'
import { ResultCache } from '../../src/cache/result-cache.ts'
import { retrievalKey } from '../../src/cache/tenant-scoped-key.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { retrievalParts } from './key-parts.ts'

let nowMs: number
let cache: ResultCache
beforeEach(() => {
  nowMs = 1_000
  cache = new ResultCache({ maxBytes: 20_000, ttlMs: 60_000, quietMs: 2_000, now: () => nowMs })
})

const keyOf = (id: string, query = 'q') => retrievalKey(retrievalParts(id, { ask: { query } }))
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

test('a fault reaches every waiting caller and is not kept', async () => {
  const waiting = [1, 2].map(() => cache.load(keyOf('a'), () => Promise.reject(new Error('away'))))
  for (const one of waiting) await expect(one).rejects.toThrow('away')
  expect(await cache.load(keyOf('a'), loadOf('one'))).toBe('one')
})

test('what is too old to be served takes nothing of the share of who still asks', async () => {
  for (const id of ['b', 'c', 'd']) await cache.load(keyOf(id), loadOf('x'.repeat(2_000)))
  nowMs += 61_000
  const large = 'x'.repeat(1_500)
  for (const query of ['1', '2', '3', '4', '5']) await cache.load(keyOf('a', query), loadOf(large))
  expect(['1', '2', '3', '4', '5'].filter((query) => cache.get(keyOf('a', query)) === large)).toHaveLength(5)
})

test('a tenant that comes to a full cache takes its share from the largest, which loses what it used least', async () => {
  const large = 'x'.repeat(1_500)
  for (const query of ['1', '2', '3', '4', '5']) await cache.load(keyOf('a', query), loadOf(large))
  expect(cache.get(keyOf('a', '1'))).toBe(large)
  await cache.load(keyOf('b'), loadOf(large))
  expect(cache.get(keyOf('b'))).toBe(large)
  expect(['1', '2', '3', '4', '5'].map((query) => cache.get(keyOf('a', query)) === large)).toEqual([
    true,
    false,
    true,
    true,
    true,
  ])
})

test('a drop takes all answers of its tenant and none of another', async () => {
  for (const query of ['x', 'y']) {
    await cache.load(keyOf('a', query), loadOf(query))
    await cache.load(keyOf('b', query), loadOf(query))
  }
  cache.drop(parseTenantId('a'))
  expect([keyOf('a', 'x'), keyOf('a', 'y'), keyOf('b', 'x'), keyOf('b', 'y')].map((key) => cache.get(key))).toEqual([
    undefined,
    undefined,
    'x',
    'y',
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

test('a caller who disconnects while a load runs leaves it to the others', async () => {
  const answer = Promise.withResolvers<string>()
  const [first, second] = [new AbortController(), new AbortController()]
  let ended = false
  const load = (end: AbortSignal) => {
    end.addEventListener('abort', () => {
      ended = true
    })
    return answer.promise
  }
  const waiting = [first, second].map(({ signal }) => cache.load(keyOf('a'), load, { signal }))
  first.abort(new Error('gone'))
  await expect(waiting[0]).rejects.toThrow('gone')
  expect(ended).toBe(false)
  answer.resolve('one')
  expect(await waiting[1]).toBe('one')
  expect(cache.get(keyOf('a'))).toBe('one')
})

test('a load for which nobody waits any more is ended, and the next one begins anew', async () => {
  const callers = [new AbortController(), new AbortController()]
  const load = (end: AbortSignal) =>
    new Promise<string>((_, reject) => end.addEventListener('abort', () => reject(end.reason)))
  const waiting = callers.map(({ signal }) => cache.load(keyOf('a'), load, { signal }))
  for (const caller of callers) caller.abort(new Error('gone'))
  for (const one of waiting) await expect(one).rejects.toThrow('gone')
  expect(await cache.load(keyOf('a'), loadOf('new'))).toBe('new')
  expect(cache.get(keyOf('a'))).toBe('new')
})

test('who came already gone does not keep a load alive', async () => {
  const ended = Promise.withResolvers<void>()
  const load = (end: AbortSignal) =>
    new Promise<string>((_, reject) => {
      end.addEventListener('abort', () => {
        ended.resolve()
        reject(end.reason)
      })
    })
  await expect(cache.load(keyOf('a'), load, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
  await ended.promise
})

test('what is made bit by bit is kept when it is whole, unless its tenant was dropped meanwhile', () => {
  {
    using whole = cache.reserve(keyOf('a', 'whole'))
    using late = cache.reserve(keyOf('b', 'late'))
    using _broken = cache.reserve(keyOf('a', 'broken'))
    cache.drop(parseTenantId('b'))
    whole.keep('all of it')
    late.keep('old')
  }
  expect(cache.get(keyOf('a', 'whole'))).toBe('all of it')
  expect(cache.get(keyOf('b', 'late'))).toBeUndefined()
  expect(cache.get(keyOf('a', 'broken'))).toBeUndefined()
})

test('each lookup is reported with its kind', () => {
  const seen: unknown[] = []
  const told = new ResultCache({ maxBytes: 20_000, ttlMs: 60_000, onLookup: (kind, hit) => seen.push([kind, hit]) })
  told.get(keyOf('a'))
  told.reserve(keyOf('a')).keep('one')
  told.get(keyOf('a'))
  expect(seen).toEqual([
    ['retrieval', false],
    ['retrieval', true],
  ])
})
