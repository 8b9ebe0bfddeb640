import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'
import { type WatchedStore, watchedStore } from '../../support/watched-store.ts'

let world: ServiceWorld
let replica: ServiceReplica
let store: WatchedStore
const apps = new Map<string, string>()

beforeAll(async () => {
  world = await ServiceWorld.open()
  store = watchedStore(world.local.connect())
  // Three quarters of the megabyte are for results.
  const env = { CACHE_MAX_MB: '1', CACHE_TTL_S: '3600' }
  replica = await world.replica(env, { cacheQuietMs: 0, stores: store })
  for (const id of ['quiet', 'loud']) apps.set(id, await world.onboard(replica, id))
})
afterAll(() => world[Symbol.asyncDispose]())

function ask(tenant: string, path: string, body: object) {
  return replica.public({ path, authorization: apps.get(tenant), body })
}

/** A direction of its own for each question. */
function vector(at: number): number[] {
  return Array.from({ length: 64 }, (_, i) => Math.sin((at + 1) * (i + 1)))
}

async function store20(tenant: string, textLength: number): Promise<void> {
  const vectors = Array.from({ length: 20 }, (_, at) => ({
    id: `r${at}`,
    values: vector(at),
    metadata: { text: 'x'.repeat(textLength) },
  }))
  expectStatus(await ask(tenant, '/vectors/upsert', { vectors }), 200)
}

async function cacheOf(tenant: string, at: number): Promise<string | null> {
  const answer = await ask(tenant, '/retrieve', { vector: vector(at), topK: 20 })
  expectStatus(answer, 200)
  return answer.headers.get('x-cache')
}

const twenty = Array.from({ length: 20 }, (_, at) => at)

test('a flood of one tenant leaves all that is kept of another', async () => {
  await store20('quiet', 100)
  await store20('loud', 2000)
  // News of the writes may still be on their way, and drop what is kept.
  const allKept = async () => {
    const kinds: (string | null)[] = []
    for (const at of twenty) kinds.push(await cacheOf('quiet', at))
    return kinds.filter((kind) => kind === 'hit').length
  }
  await expect.poll(allKept, { timeout: 60_000 }).toBe(20)
  for (let at = 0; at < 60; at += 1) await cacheOf('loud', at)
  expect(await allKept()).toBe(20)
  // The flood was larger than the cache: its first answers have gone, its last are kept.
  expect([await cacheOf('loud', 59), await cacheOf('loud', 0)]).toEqual(['hit', 'miss'])
})

test('a batch whose answers have too many bytes is refused before the rest is asked for', async () => {
  await store20('loud', 38_000)
  const queries = twenty.map((at) => ({ vector: vector(at), topK: 20 }))
  const found = await ask('loud', '/retrieve/batch', { queries: queries.slice(0, 2) })
  expect(found.json.results.map((one: { answer: { matches: unknown[] } }) => one.answer.matches.length)).toEqual([
    20, 20,
  ])
  const asked = () => store.calls.filter((method) => method === 'query').length
  const before = asked()
  const refused = await ask('loud', '/retrieve/batch', { queries: queries.map((one) => ({ ...one, topK: 19 })) })
  expect([refused.status, refused.json.code]).toEqual([400, 'invalid_request'])
  expect(refused.json.detail).toContain('Ask for fewer matches (topK)')
  // Twelve answers are too much, and five are under way at once.
  expect(asked() - before).toBeLessThan(17)
})
