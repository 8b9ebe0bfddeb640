import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { type FaultProxy, faultProxy, oddAnswer } from '../support/fault-proxy.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type Ask, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { faults } from './behaviour.ts'
import { type Asks, byProxy, meet, outcomeOf } from './sick.ts'

const quick = { CACHE_TTL_S: '0', STORE_READ_TIMEOUT_S: '1', STORE_WRITE_TIMEOUT_S: '1' }

let world: ServiceWorld
let proxy: FaultProxy
let replica: ServiceReplica
let acme: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  proxy = world.stack.use(await faultProxy(world.local.local.url))
  replica = await world.replica({ ...quick, PINECONE_CONTROLLER_HOST: proxy.url })
  acme = await world.onboard(replica, 'acme')
  const guide = { method: 'PUT', path: '/documents/guide', authorization: acme, body: { text: 'The lamp is red.' } }
  expectStatus(await replica.public(guide), 201)
})
afterAll(() => world[Symbol.asyncDispose]())

const upsert = (id: string): Ask => ({
  path: '/vectors/upsert',
  authorization: acme,
  body: { vectors: [{ id, values: bagOfWords('lamp') }] },
})
const search = (): Ask => ({ path: '/retrieve', authorization: acme, body: { query: 'lamp' } })

const asks: Asks<'store'> = {
  search: () => replica.public(search()),
  write: (round) => replica.public(upsert(`w-${round}`)),
  list: () => replica.public({ path: '/documents', authorization: acme }),
}

test.each(faults)('while the store is %s, callers see what the table says', async (fault) => {
  await meet('store', fault, asks, ...byProxy(proxy, fault, oddAnswer))
})

test('a write that an open circuit refuses was not sent, and one that hung is never called refused', async () => {
  await proxy.be({ kind: 'hung' })
  const outcomes: string[] = []
  for (let at = 0; at < 20 && outcomes.at(-1) !== '503 store_unavailable'; at += 1) {
    const answers = await Promise.all([0, 1, 2].map((n) => replica.public(upsert(`hung-${at}-${n}`))))
    outcomes.push(...answers.map(outcomeOf))
  }
  // Ten in a row got no answer, each of them in doubt.
  const opened = outcomes.indexOf('503 store_unavailable')
  expect(outcomes.slice(0, opened)).toEqual(Array.from({ length: opened }, () => '504 outcome_unknown'))
  expect(opened).toBeGreaterThanOrEqual(10)
  const before = proxy.asked()
  const refused = await replica.public(upsert('refused'))
  expect(outcomeOf(refused)).toBe('503 store_unavailable')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(proxy.asked()).toBe(before)
  const metrics = await replica.admin({ path: '/metrics' })
  expect(metrics.text).toMatch(/tenant_router_circuit_open\{dependency="store",target="default\/tr-pool-1"\} 1/)
  await proxy.be({ kind: 'none' })
  await expect.poll(async () => (await replica.public(search())).status).toBe(200)
  const { json } = await replica.public({ path: '/vectors/fetch', authorization: acme, body: { ids: ['refused'] } })
  expect(json.vectors).toEqual({})
})
