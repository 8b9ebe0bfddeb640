import { expect, test } from 'vitest'
import { KeyCache, type KeyCacheOptions } from '../../src/cache/key-cache.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'

const acme = parseTenantId('acme')
const globex = parseTenantId('globex')

interface Key {
  readonly id: string
  readonly tenantId: typeof acme
  readonly version: number
}

/** A registry of keys whose reads are counted, and can be held. */
function registry(options: Partial<KeyCacheOptions<Key>> = {}) {
  const rows = new Map<string, Key>([
    ['a', { id: 'a', tenantId: acme, version: 1 }],
    ['b', { id: 'b', tenantId: globex, version: 1 }],
  ])
  const reads: (readonly string[])[] = []
  let held: Promise<void> | undefined
  const cache = new KeyCache<Key>({
    async read(ids) {
      reads.push(ids)
      const seen = new Map(ids.flatMap((id) => (rows.has(id) ? [[id, rows.get(id) as Key]] : [])))
      await held
      return seen
    },
    isCurrent: () => true,
    catchUp: async () => undefined,
    busy: () => new Error('busy'),
    ...options,
  })
  const hold = (until: Promise<void> | undefined) => {
    held = until
  }
  return { rows, reads, cache, hold }
}

test('a key is read once, and found without waiting from then on', async () => {
  const { cache, reads } = registry()
  expect(await cache.find('a')).toMatchObject({ version: 1 })
  expect(cache.find('a')).toMatchObject({ version: 1 })
  expect(reads).toEqual([['a']])
})

test('a change of a tenant drops its keys and no others', async () => {
  const { cache, rows, reads } = registry()
  await Promise.all([cache.find('a'), cache.find('b')])
  rows.set('a', { id: 'a', tenantId: acme, version: 2 })
  cache.forget(acme)
  expect(await cache.find('a')).toMatchObject({ version: 2 })
  expect(cache.find('b')).toMatchObject({ version: 1 })
  expect(reads.flat().filter((id) => id === 'b')).toHaveLength(1)
})

test('what was read before a change that came meanwhile is not remembered', async () => {
  const { cache, rows, hold } = registry()
  const { promise, resolve } = Promise.withResolvers<void>()
  hold(promise)
  const early = cache.find('a')
  // The batch is on its way, with the old row in its hands.
  await new Promise((done) => setImmediate(() => setImmediate(done)))
  rows.set('a', { id: 'a', tenantId: acme, version: 2 })
  cache.forget(acme)
  resolve()
  await early
  hold(undefined)
  expect(await cache.find('a')).toMatchObject({ version: 2 })
})

test('unknown keys are read one batch at a time, are not remembered, and wait in bounds', async () => {
  const { cache, reads, hold } = registry()
  const { promise, resolve } = Promise.withResolvers<void>()
  hold(promise)
  const asked = Array.from({ length: 1_000 }, (_, at) => Promise.resolve(cache.find(`made-up-${at}`)))
  await expect(Promise.resolve(cache.find('one more'))).rejects.toThrow('busy')
  await new Promise((done) => setImmediate(() => setImmediate(done)))
  expect(reads).toHaveLength(1)
  resolve()
  expect(new Set(await Promise.all(asked))).toEqual(new Set([undefined]))
  expect(await cache.find('made-up-1')).toBeUndefined()
})

test('without a lease a remembered key is found only when the registry is away, an unknown one never', async () => {
  let current = true
  let away = false
  const { cache, rows } = registry({
    isCurrent: () => current,
    async catchUp() {
      if (away) throw new Error('away')
      cache.forget(undefined)
    },
  })
  await cache.find('a')
  rows.delete('a')
  current = false
  away = true
  expect(await cache.find('a')).toMatchObject({ version: 1 })
  await expect(Promise.resolve(cache.find('b'))).rejects.toThrow('away')
  away = false
  expect(await cache.find('a')).toBeUndefined()
})
