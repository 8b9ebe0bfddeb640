import { type BareItem, parseList } from 'structured-headers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Embedder } from '../../src/models/embedder.ts'
import { expectStatus } from '../support/expect-status.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** An embedder that can be held open, and knows the order in which it was asked. */
class HeldEmbedder {
  readonly asked: string[] = []
  readonly #inner = hashEmbedder()
  readonly #waiting: (() => void)[] = []
  #isHeld = false

  readonly port: Embedder = {
    model: this.#inner.model,
    dimension: this.#inner.dimension,
    embed: async (texts, options) => {
      this.asked.push(...texts)
      if (this.#isHeld) await new Promise<void>((go) => this.#waiting.push(go))
      return this.#inner.embed(texts, options)
    },
    [Symbol.asyncDispose]: () => this.#inner[Symbol.asyncDispose](),
  }

  hold(): void {
    this.#isHeld = true
  }

  one(): void {
    this.#waiting.shift()?.()
  }

  release(): void {
    this.#isHeld = false
    for (const go of this.#waiting.splice(0)) go()
  }
}

const dayMs = 86_400_000
const clock = new ManualClock(Math.floor(Date.now() / dayMs) * dayMs)
const embedder = new HeldEmbedder()
let world: ServiceWorld
let replicas: readonly [ServiceReplica, ServiceReplica]
let platform: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  const replica = () => world.replica({ REQUESTS_IN_FLIGHT: '4' }, { embedder: embedder.port, limitsClock: clock })
  replicas = [await replica(), await replica()]
  platform = await world.issuer.staff('platform')
})
afterAll(() => world[Symbol.asyncDispose]())

async function tenant(id: string, limits: Record<string, number> = {}): Promise<string> {
  return world.onboard(replicas[0], id, { limits })
}

interface Quota {
  readonly q?: BareItem
  readonly r?: BareItem
  readonly t?: BareItem
  readonly w?: BareItem
  readonly qu?: BareItem
}

/** One of the two fields by policy name, parsed by the library. */
function quotas(answer: Answer, field: 'ratelimit' | 'ratelimit-policy'): ReadonlyMap<unknown, Quota> {
  return new Map(
    parseList(answer.headers.get(field) ?? '').map(([name, parameters]) => [name, Object.fromEntries(parameters)]),
  )
}

const look = (replica: ServiceReplica, authorization: string) =>
  replica.public({ path: '/documents/none', authorization })

test('every answer shows the limits and what is left, and the refusal when nothing is', async () => {
  const acme = await tenant('acme', { requestsPerMinute: 6, requestsPerDay: 1_000 })
  for (let left = 5; left >= 0; left -= 1) {
    clock.advance(1_000)
    // Found or not, a fault of the caller or not: it is a request.
    const ask = [{ path: '/documents' }, { path: '/documents/none' }, { path: '/retrieve', body: {} }][left % 3]
    const answer = await replicas[0].public({ path: '/', ...ask, authorization: acme })
    expectStatus(answer, [200, 404, 400][left % 3] ?? 0)
    const shown = quotas(answer, 'ratelimit')
    expect(shown.get('requests-per-minute')).toEqual({ r: left, t: 60 - (6 - left) })
    expect(shown.get('requests-per-day')).toMatchObject({ r: 994 + left })
    const policy = quotas(answer, 'ratelimit-policy')
    expect(policy.get('requests-per-minute')).toEqual({ q: 6, w: 60 })
    expect(policy.get('embedding-tokens-per-day')).toMatchObject({ qu: 'tokens', w: 86_400 })
    expect(policy.get('concurrent-requests')).toMatchObject({ q: 128, qu: 'concurrent-requests' })
  }
  const refused = await look(replicas[0], acme)
  expectStatus(refused, 429)
  expect(refused.json).toMatchObject({
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    code: 'quota_exceeded',
    'violated-policies': ['requests-per-minute'],
  })
  const { r, t } = quotas(refused, 'ratelimit').get('requests-per-minute') ?? { r: undefined, t: undefined }
  expect([r, t]).toEqual([0, 54])
  expect(refused.headers.get('retry-after')).toBe('54')
  expectStatus(await look(replicas[1], acme), 429)
  clock.advance(54_000)
  expectStatus(await look(replicas[1], acme), 404)
})

test('two replicas together let through what is set, and another tenant is not touched by it', async () => {
  const [noisy, quiet] = [
    await tenant('noisy', { requestsPerMinute: 120 }),
    await tenant('quiet', { requestsPerMinute: 5 }),
  ]
  let admitted = 0
  for (let i = 0; i < 200; i += 1) {
    // Two of three go to the first.
    const { status } = await look(replicas[i % 3 === 2 ? 1 : 0], noisy)
    if (status !== 429) admitted += 1
  }
  expect(admitted).toBeGreaterThanOrEqual(118)
  expect(admitted).toBeLessThanOrEqual(122)
  const statuses = []
  for (let i = 0; i < 6; i += 1) statuses.push((await look(replicas[i % 2 === 0 ? 0 : 1], quiet)).status)
  expect(statuses).toEqual([404, 404, 404, 404, 404, 429])
})

test('tokens of the embedding model are counted, and what is cached costs none', async () => {
  const reader = await tenant('reader', { embeddingTokensPerMinute: 40 })
  const ask = (query: string, replica = replicas[0]) =>
    replica.public({ path: '/retrieve', authorization: reader, body: { query } })
  const first = await ask('how long does a refund take')
  expectStatus(first, 200)
  const used = first.json.usage.embeddingTokens
  expect(used).toBeGreaterThan(0)
  let refused: Answer | undefined
  for (let i = 0; i < 40 && refused === undefined; i += 1) {
    const answer = await ask(`how long does refund number ${i} take`, replicas[i % 2 === 0 ? 0 : 1])
    if (answer.status !== 200) refused = answer
  }
  expectStatus(refused, 429)
  expect(refused?.json['violated-policies']).toEqual(['embedding-tokens-per-minute'])
  const again = await ask('how long does a refund take')
  expect([again.status, again.headers.get('x-cache')]).toEqual([200, 'hit'])
})

test('limits of a tenant hold until they end, and staff see which do', async () => {
  const brief = await tenant('brief', { requestsPerMinute: 9, nonsense: 1 })
  const shown = async () => (await replicas[1].admin({ path: '/tenants/brief/limits', authorization: platform })).json
  expect(await shown()).toMatchObject({ until: null, ignored: ['nonsense'] })
  const change = (body: unknown) =>
    replicas[0].admin({ method: 'PATCH', path: '/tenants/brief', authorization: platform, body })
  expectStatus(await change({ limitsUntil: '2020-01-01T00:00:00Z' }), 400)
  const limitsUntil = new Date(Date.now() + 3_600_000).toISOString()
  expect((await change({ limits: { requestsPerMinute: 1 }, limitsUntil })).json).toMatchObject({
    limits: { requestsPerMinute: 1 },
    limitsUntil,
  })
  const { limits, until } = await shown()
  expect(until).toBe(limitsUntil)
  const byName = (name: string) => limits.find((limit: { name: string }) => limit.name === name)
  expect(byName('requestsPerMinute')).toMatchObject({ limit: 1, from: 'tenant', policy: 'requests-per-minute' })
  expect(byName('requestsPerDay')).toMatchObject({ limit: 100_000_000, from: 'tier' })

  await replicas[0].services.routes.catchUp()
  expect([(await look(replicas[0], brief)).status, (await look(replicas[0], brief)).status]).toEqual([404, 429])
  clock.advance(Date.now() + 3_700_000 - clock.epochMs())
  const free = await look(replicas[0], brief)
  expectStatus(free, 404)
  expect(quotas(free, 'ratelimit-policy').get('requests-per-minute')).toMatchObject({ q: 300_000 })
})

test('a request of a neighbour is served before the backlog of a noisy tenant', async () => {
  const [loud, calm] = [await tenant('loud'), await tenant('calm')]
  const ask = (authorization: string, query: string) =>
    replicas[0].public({ path: '/retrieve', authorization, body: { query } })
  expectStatus(await ask(loud, 'warm'), 200)
  expectStatus(await ask(calm, 'warm'), 200)
  embedder.asked.length = 0
  embedder.hold()
  const backlog = Array.from({ length: 40 }, (_, i) => ask(loud, `noise ${i}`))
  await expect.poll(() => embedder.asked.length, { timeout: 60_000 }).toBe(4)
  const neighbour = ask(calm, 'quiet question')
  while (!embedder.asked.includes('quiet question')) {
    const before = embedder.asked.length
    embedder.one()
    await expect.poll(() => embedder.asked.length, { timeout: 60_000 }).toBeGreaterThan(before)
  }
  // Four were under way, and one of the noisy tenant's had its turn before.
  expect(embedder.asked.indexOf('quiet question')).toBeLessThanOrEqual(5)
  embedder.release()
  expectStatus(await neighbour, 200)
  for (const { status } of await Promise.all(backlog)) expect(status).toBe(200)
})

test('a tenant with too many waiting requests is refused, and no other tenant is', async () => {
  const [greedy, other] = [await tenant('greedy', { concurrentRequests: 1 }), await tenant('other')]
  const ask = (authorization: string, query: string) =>
    replicas[1].public({ path: '/retrieve', authorization, body: { query } })
  embedder.hold()
  embedder.asked.length = 0
  // One runs and eight wait.
  const ended: Answer[] = []
  const asked = Array.from({ length: 12 }, async (_, i) => {
    ended.push(await ask(greedy, `want ${i}`))
  })
  await expect.poll(() => ended.length, { timeout: 60_000 }).toBe(3)
  for (const refused of ended) {
    expectStatus(refused, 429)
    expect(refused.json['violated-policies']).toEqual(['concurrent-requests'])
    expect(refused.headers.get('retry-after')).toBe('1')
  }
  const served = ask(other, 'mine')
  await expect.poll(() => embedder.asked, { timeout: 60_000 }).toContain('mine')
  embedder.release()
  expectStatus(await served, 200)
  await Promise.all(asked)
  expect(ended.slice(3).map(({ status }) => status)).toEqual(Array(9).fill(200))
})
