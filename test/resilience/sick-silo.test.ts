import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { outcomeOf } from './sick.ts'

/** Far longer than any machine is slow: what hangs is let go by the test. */
const patient = { STORE_READ_TIMEOUT_S: '60', STORE_WRITE_TIMEOUT_S: '24', CACHE_TTL_S: '0' }

let world: ServiceWorld
let delayMs = 0
let replica: ServiceReplica
let silo: string
let pooled: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica(
    { ...patient, REQUESTS_IN_FLIGHT: '16', SHED_LOOP_DELAY_MS: '500' },
    { loopDelay: () => ({ take: () => delayMs, stop: () => undefined }) },
  )
  silo = await world.onboard(replica, 'silo', { tier: 'enterprise' })
  pooled = await world.onboard(replica, 'pooled')
  for (const authorization of [silo, pooled]) expectStatus(await search(authorization), 200)
})
afterAll(() => world[Symbol.asyncDispose]())

const search = (authorization: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  replica.public({ path: '/retrieve', authorization, headers, body: { vector: bagOfWords('lamp') } })

/** Calls to the silo's index get no answer until the end of the test. */
async function hangSilo(): Promise<AsyncDisposable> {
  const [row] = await world.home.sql<{ name: string }[]>`
    select i.name from places p join indexes i on i.id = p.index_id where p.tenant_id = 'silo'`
  const { local } = world.local
  local.setFaults({ rules: [{ fault: 'latency', ms: 3_600_000, index: row?.name ?? '' }] })
  return {
    async [Symbol.asyncDispose]() {
      local.setFaults({ rules: [] })
    },
  }
}

test('a silo whose index hangs takes some of the replica and no more, and others are served meanwhile', async () => {
  await using _ = await hangSilo()
  const end = new AbortController()
  let underWay = 0
  const { publicApp } = replica.services
  // Each of these would hold a place of the replica for a minute; there are sixteen.
  const hanging = Array.from({ length: 40 }, async () => {
    underWay += 1
    const request = publicApp.request('/retrieve', {
      method: 'POST',
      // A search past the cache is nobody else's, and ends with its caller.
      headers: { authorization: silo, 'content-type': 'application/json', 'cache-control': 'no-cache' },
      body: JSON.stringify({ vector: bagOfWords('lamp') }),
      signal: end.signal,
    })
    const response = await request
    underWay -= 1
    return response
  })
  // Those above its share were refused, with a time to come back.
  await expect.poll(() => underWay).toBeLessThanOrEqual(14)
  expect(underWay).toBeGreaterThan(0)
  for (let at = 0; at < 10; at += 1) expectStatus(await search(pooled), 200)
  expect(underWay).toBeGreaterThan(0)
  expect(outcomeOf(await search(silo))).toBe('503 store_busy')
  end.abort()
  const answers = await Promise.all(hanging)
  const refused = answers.filter(({ status, headers }) => status === 503 && headers.has('retry-after'))
  expect(refused.length).toBeGreaterThanOrEqual(26)
})

test('a caller’s time limit ends a read that waits for the store, and begins no write', async () => {
  await using _ = await hangSilo()
  const limited = (ms: string) => ({ 'x-request-timeout-ms': ms })
  const late = await search(silo, limited('300'))
  expect(outcomeOf(late)).toBe('504 deadline_exceeded')
  const byEnvoy = await search(silo, { 'x-envoy-expected-rq-timeout-ms': '300' })
  expect(outcomeOf(byEnvoy)).toBe('504 deadline_exceeded')
  for (const wrong of ['0', '-1', '1.5', 'soon', '99999999']) {
    expect(outcomeOf(await search(pooled, limited(wrong))), wrong).toBe('400 invalid_request')
  }
  expectStatus(await search(pooled, limited('60000')), 200)
})

test('while the event loop is late, requests of tenants are refused at once, and staff and probes are served', async () => {
  const platform = await world.issuer.staff('platform')
  expectStatus(await search(pooled), 200)
  delayMs = 60_000
  await expect.poll(async () => outcomeOf(await search(pooled))).toBe('503 service_busy')
  const refused = await search(pooled)
  expect(refused.headers.get('retry-after')).toBe('2')
  expectStatus(await replica.admin({ path: '/tenants', authorization: platform }), 200)
  expect((await replica.admin({ path: '/livez' })).status).toBe(200)
  const { text } = await replica.admin({ path: '/metrics' })
  expect(Number(/tenant_router_requests_shed_total (\d+)/.exec(text)?.[1])).toBeGreaterThan(0)
  delayMs = 0
  await expect.poll(async () => (await search(pooled)).status).toBe(200)
})
