import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expectStatus } from '../../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

let world: ServiceWorld
let replica: ServiceReplica
let app: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica({ SESSION_LEASE_S: '3' })
  app = await world.onboard(replica, 'acme')
  const put = { method: 'PUT', path: '/documents/a', authorization: app, body: { text: 'The lamp is green.' } }
  expectStatus(await replica.public(put), 201)
})
afterAll(() => world[Symbol.asyncDispose]())

const name = () => new URL(world.home.url).pathname.slice(1)

/** Makes Postgres unavailable for this service: it refuses new connections and ends the present ones. */
async function takeAway() {
  await world.home.sql`update pg_database set datallowconn = false where datname = ${name()}`
  // A connection that was being opened has no database yet, and is there a moment later.
  for (let quiet = 0; quiet < 3; ) {
    const others = await world.home.sql`
      select case when datname = ${name()} then pg_terminate_backend(pid) end from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid() and (datname = ${name()} or datname is null)`
    quiet = others.length === 0 ? quiet + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

test('within the lease what is remembered is served, and what has to ask Postgres is refused at once', async () => {
  const patient = await world.replica({ SESSION_LEASE_S: '300' })
  const retrieve = { path: '/retrieve', authorization: app, body: { query: 'lamp' } }
  expectStatus(await patient.public(retrieve), 200)
  await takeAway()
  const values = Array.from({ length: 64 }, () => 1)
  const served = [
    retrieve,
    { path: '/retrieve', authorization: app, body: { query: 'another question' } },
    { path: '/vectors/fetch', authorization: app, body: { ids: ['a#0'] } },
    { path: '/vectors/upsert', authorization: app, body: { vectors: [{ id: 'w', values }] } },
    { path: '/vectors/update', authorization: app, body: { id: 'w', setMetadata: { a: 1 } } },
    { path: '/vectors/delete', authorization: app, body: { ids: ['w'] } },
    { path: '/vectors/delete', authorization: app, body: { filter: { a: 1 } } },
  ]
  for (const ask of served) {
    const { status, headers } = await patient.public(ask)
    expect([ask.path, status, headers.get('x-registry')]).toEqual([ask.path, 200, null])
  }
  const refused = [
    { method: 'PUT', path: '/documents/a', authorization: app, body: { text: 'The lamp is red.' } },
    { method: 'DELETE', path: '/documents/a', authorization: app },
    { method: 'GET', path: '/documents/a', authorization: app },
    { method: 'GET', path: '/documents', authorization: app },
    { path: '/documents', authorization: app, body: { text: 'A text.' } },
    { path: '/vectors/delete', authorization: app, body: { deleteAll: true } },
  ]
  for (const ask of refused) {
    const { status, json } = await patient.public(ask)
    expect([ask, status, json.code]).toEqual([ask, 503, 'registry_unavailable'])
  }
  expect(patient.services.routes.isReady()).toBe(true)
  await world.home.sql`update pg_database set datallowconn = true where datname = ${name()}`
  await vi.waitFor(() => expect(replica.services.routes.isReady()).toBe(true), 20_000)
})

test('while Postgres is unavailable reads go on and say that they may be stale, and writes are refused', async () => {
  const retrieve = { path: '/retrieve', authorization: app, body: { query: 'lamp' } }
  const before = await replica.public(retrieve)
  expect([before.status, before.headers.get('x-registry')]).toEqual([200, null])
  await takeAway()
  await vi.waitFor(() => expect(replica.services.routes.isReady()).toBe(false), 20_000)

  const during = await replica.public(retrieve)
  expect([during.status, during.headers.get('x-registry')]).toEqual([200, 'stale'])
  expect(during.text).toContain('The lamp is green.')
  const vectors = { path: '/vectors/fetch', authorization: app, body: { ids: ['a#0'] } }
  expect((await replica.public(vectors)).headers.get('x-registry')).toBe('stale')
  const upsert = { vectors: [{ id: 'v', values: Array.from({ length: 64 }, () => 1) }] }
  const write = await replica.public({ path: '/vectors/upsert', authorization: app, body: upsert })
  expect([write.status, write.json.code]).toEqual([503, 'registry_unavailable'])
  expect(write.headers.get('retry-after')).toBe('2')
  const keyed = {
    path: '/vectors/upsert',
    authorization: app,
    body: upsert,
    headers: { 'idempotency-key': 'k' },
  }
  const upload = { path: '/documents', authorization: app, body: { text: 'A text.' } }
  const retry = { method: 'POST', path: '/documents/a/retry', authorization: app }
  for (const ask of [keyed, upload, retry]) {
    const { status, json } = await replica.public(ask)
    expect([status, json.code]).toEqual([503, 'registry_unavailable'])
  }

  await world.home.sql`update pg_database set datallowconn = true where datname = ${name()}`
  await vi.waitFor(() => expect(replica.services.routes.isReady()).toBe(true), 20_000)
  const after = await replica.public({ path: '/vectors/upsert', authorization: app, body: upsert })
  expectStatus(after, 200)
})
