import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { expectStatus } from '../../support/expect-status.ts'
import { type GarblingProxy, garblingProxy } from '../../support/garbling-proxy.ts'
import { bagOfWords } from '../../support/hash-embedder.ts'
import { type Ask, type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

let world: ServiceWorld
let proxy: GarblingProxy
let replica: ServiceReplica
let acme: string
let platform: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  world.local.local.setFaults({ lagMs: 20 })
  proxy = await garblingProxy(world.local.local.url)
  replica = await world.replica({ PINECONE_CONTROLLER_HOST: proxy.url, CACHE_TTL_S: '0' })
  platform = await world.issuer.staff('platform')
  acme = await world.onboard(replica, 'acme')
  const stored = await replica.public(put('guide', 'The lamp is red.'))
  expectStatus(stored, 201)
  await vi.waitUntil(async () => (await replica.public(lamps())).json.matches?.length === 1, { timeout: 60_000 })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
})
afterEach(() => proxy.clear())

function put(id: string, text: string): Ask {
  return { method: 'PUT', path: `/documents/${id}`, authorization: acme, body: { text } }
}

function lamps(): Ask {
  return { path: '/retrieve', authorization: acme, body: { query: 'lamp' } }
}

const vector = { id: 'a', values: bagOfWords('lamp') }

test.each<[`${string} ${string}`, unknown, () => Ask]>([
  ['POST /vectors/upsert', {}, () => ({ path: '/vectors/upsert', authorization: acme, body: { vectors: [vector] } })],
  ['POST /vectors/upsert', { upsertedCount: 0 }, () => put('other', 'The bell is blue.')],
  ['POST /vectors/delete', 'null', () => ({ path: '/vectors/delete', authorization: acme, body: { ids: ['a'] } })],
])('a store that answers %s with 200 and %j has not confirmed the write: 504', async (ending, body, ask) => {
  proxy.garble(ending, body)
  const answer = await replica.public(ask())
  expect(proxy.garbled()).toBeGreaterThan(0)
  expect([answer.status, answer.json.code]).toEqual([504, 'outcome_unknown'])
})

test.each<[`${string} ${string}`, unknown, () => Ask]>([
  ['POST /query', {}, lamps],
  ['POST /query', 'null', lamps],
  ['POST /query', [], lamps],
  ['GET /vectors/fetch', {}, () => ({ path: '/vectors/fetch', authorization: acme, body: { ids: ['a'] } })],
])('a store that answers %s with 200 and %j is not an empty one: 503', async (ending, body, ask) => {
  proxy.garble(ending, body)
  const answer = await replica.public(ask())
  expect(proxy.garbled()).toBeGreaterThan(0)
  expect([answer.status, answer.json.code]).toEqual([503, 'store_unavailable'])
  proxy.clear()
  expectStatus(await replica.public(ask()), 200)
})

test.each<[`${string} ${string}`, string]>([
  ['POST /namespaces', 'standard'],
  ['POST /indexes', 'enterprise'],
])('a tenant whose place %s did not confirm is not told to be ready before it is', async (ending, tier) => {
  proxy.garble(ending, {})
  const body = { id: `globex-${tier}`, name: 'Globex', tier }
  const answer = replica.admin({ path: '/tenants', authorization: platform, body })
  await expect.poll(() => proxy.garbled()).toBeGreaterThan(1)
  proxy.clear()
  expectStatus(await answer, 201)
})
