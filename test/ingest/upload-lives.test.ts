import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ReplicaProcess } from '../fire/replica-process.ts'
import { expectStatus } from '../support/expect-status.ts'
import { door, type IngestReplica, IngestWorld, until } from './ingest-world.ts'

let world: IngestWorld
let replica: IngestReplica

beforeAll(async () => {
  world = await IngestWorld.open()
  // A lease so long that nothing but what it asks for at the store stops a worker that lost its upload.
  replica = await world.replica({ atOnce: 1, leaseMs: 600_000, env: { INGEST_QUEUE_MB: '1' } })
})
afterAll(() => world[Symbol.asyncDispose]())

const send = (authorization: string, documentId: string, text: string, by = replica) =>
  by.public({ method: 'POST', path: '/documents', authorization, body: { documentId, text } })
const file = (authorization: string, documentId: string, text: string) => {
  const contentBase64 = Buffer.from(text).toString('base64')
  return replica.public({ method: 'POST', path: '/documents', authorization, body: { documentId, contentBase64 } })
}
const uploads = (tenantId: string) =>
  world.service.home.sql`select document_id, status, attempts, claim from uploads where tenant_id = ${tenantId}`
const statusOf = async (tenantId: string) =>
  (await replica.admin({ path: `/tenants/${tenantId}`, authorization: await world.service.issuer.staff('platform') }))
    .json.status

test('tenants take turns: one document does not wait for the many of another', async () => {
  const [many, one] = [await world.tenant(replica, 'many'), await world.tenant(replica, 'one')]
  const first = door()
  replica.onRead = first.pass
  for (let i = 0; i < 20; i++) await file(many, `m-${i}`, `many ${i}`)
  await first.reached
  await file(one, 'o-1', 'one alone')
  replica.onRead = undefined
  first.open()
  for (let i = 0; i < 20; i++) await until(replica, many, `m-${i}`, 'ready')
  await until(replica, one, 'o-1', 'ready')
  // The first was being read already, and at most one more has the same turn.
  expect(replica.read.indexOf('one alone')).toBeLessThanOrEqual(2)
  expect(replica.read.filter((text) => text.startsWith('many'))).toHaveLength(20)
})

test('more than a tenant may have waiting is refused with 429, and leaves others alone', async () => {
  const [full, other] = [await world.tenant(replica, 'full'), await world.tenant(replica, 'other')]
  const reading = door()
  replica.onRead = reading.pass
  const half = 'a word '.repeat(90_000)
  expectStatus(await file(full, 'f-0', half), 202)
  await reading.reached
  const refused = await file(full, 'f-1', half)
  expect(refused).toMatchObject({ status: 429, json: { code: 'quota_exceeded' } })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expectStatus(await file(full, 'f-0', `${half}.`), 202) // in the place of the first
  expectStatus(await file(other, 'o-0', half), 202)
  for (const [tenant, id] of [
    [full, 'f-0'],
    [other, 'o-0'],
  ] as const) {
    expectStatus(await replica.public({ method: 'DELETE', path: `/documents/${id}`, authorization: tenant }), 204)
  }
  expectStatus(await file(full, 'f-2', 'There is room again.'), 202)
  replica.onRead = undefined
  reading.open()
  await until(replica, full, 'f-2', 'ready')
})

test('uploads of a suspended tenant wait, and go on when it is resumed', async () => {
  const paused = await world.tenant(replica, 'paused')
  const embedding = door()
  replica.onEmbed = embedding.pass
  await send(paused, 'p-1', 'Under way.')
  await send(paused, 'p-2', 'Still waiting.')
  await embedding.reached
  await world.staff(replica, 'POST', '/tenants/paused/suspend')
  // The replica hears of it a moment later; what is stored before that may be.
  const seen = async () => (await replica.public({ path: '/documents', authorization: paused })).json.code
  await expect.poll(seen, { timeout: 60_000 }).toBe('tenant_suspended')
  replica.onEmbed = undefined
  embedding.open()
  await expect
    .poll(() => uploads('paused'), { timeout: 60_000 })
    .toEqual([
      { document_id: 'p-1', status: 'queued', attempts: expect.any(Number), claim: null },
      { document_id: 'p-2', status: 'queued', attempts: 0, claim: null },
    ])
  await world.staff(replica, 'POST', '/tenants/paused/resume')
  for (const id of ['p-1', 'p-2']) await until(replica, paused, id, 'ready')
})

test('a promote under way neither loses nor fails an upload', async () => {
  const moved = await world.tenant(replica, 'moved')
  const sending = (async () => {
    for (let i = 0; i < 15; i++) await send(moved, `d-${i}`, `Document ${i} of the moved.`)
  })()
  const { json: move } = await world.staff(replica, 'POST', '/tenants/moved/moves', { kind: 'promote' })
  await sending
  for (let i = 0; i < 15; i++) await until(replica, moved, `d-${i}`, 'ready')
  const state = async () => (await world.staff(replica, 'GET', `/moves/${move.id}`)).json.state
  await expect.poll(state, { timeout: 60_000, interval: 100 }).toBe('soaking')
  await send(moved, 'after', 'After the switch.')
  await until(replica, moved, 'after', 'ready')
  const headers = { 'cache-control': 'no-cache' }
  const found = await replica.public({
    path: '/retrieve',
    authorization: moved,
    headers,
    body: { query: 'Document moved switch', topK: 100 },
  })
  expect(found.json.matches).toHaveLength(16)
  expect(found.json.route.generation).toBe(2)
})

test('what an offboarded tenant left in the queue is never done for the next one of that name', async () => {
  const former = await world.tenant(replica, 'reborn')
  const storing = door()
  const embedding = door()
  replica.onEmbed = embedding.pass
  await send(former, 'r-1', 'A secret of the former.')
  await send(former, 'r-2', 'Another secret of the former.')
  await embedding.reached
  await world.staff(replica, 'DELETE', '/tenants/reborn')
  await expect.poll(() => statusOf('reborn'), { timeout: 60_000 }).toBe('offboarded')
  expect(await uploads('reborn')).toEqual([])
  const next = await world.tenant(replica, 'reborn')
  replica.onEmbed = undefined
  replica.store.before('upsert', storing.pass)
  embedding.open()
  // The worker is through with the former's when it comes to the next one's.
  await send(next, 'n-1', 'The next one’s own.')
  await storing.reached
  replica.store.before('upsert', undefined)
  storing.open()
  await until(replica, next, 'n-1', 'ready')
  const { json } = await replica.public({ path: '/documents', authorization: next })
  expect(json.items.map((item: { documentId: string }) => item.documentId)).toEqual(['n-1'])
  const found = await replica.public({
    path: '/retrieve',
    authorization: next,
    body: { query: 'secret former', topK: 100 },
  })
  expect(found.text).not.toContain('former.')
})

test('a replica that shuts down puts back what it has, and another one takes it at once', async () => {
  const leaving = await world.tenant(replica, 'leaving')
  const [held, there] = [door(), door()]
  // The only place of the first replica is taken by another tenant's.
  replica.onEmbed = there.pass
  await send(leaving, 'l-0', 'Held here.')
  await there.reached
  const second = await world.replica({ atOnce: 2, leaseMs: 600_000 })
  second.onEmbed = held.pass
  await send(leaving, 'l-1', 'To be handed over.')
  await held.reached
  await second.services[Symbol.asyncDispose]()
  expect(await uploads('leaving')).toContainEqual({ document_id: 'l-1', status: 'queued', attempts: 0, claim: null })
  replica.onEmbed = undefined
  there.open()
  for (const id of ['l-0', 'l-1']) await until(replica, leaving, id, 'ready')
})

test('an upload of a process that was killed is taken over when its lease is out', async () => {
  const killed = await world.tenant(replica, 'killed')
  await using stack = new AsyncDisposableStack()
  // An embedding endpoint that takes requests and never answers.
  const asked = Promise.withResolvers<void>()
  const server = createServer(() => asked.resolve())
  server.listen(0, '127.0.0.1')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const { issuer, audience, jwksUrl } = world.service.issuer.settings
  const there = door()
  replica.onEmbed = there.pass
  await send(killed, 'k-0', 'Keeps the first replica busy.')
  await there.reached
  const child = stack.use(
    await ReplicaProcess.start({
      DATABASE_URL: world.service.home.url,
      PINECONE_API_KEY: 'local',
      INDEX_PREFIX: 'tr',
      PINECONE_CONTROLLER_HOST: world.service.local.local.url,
      OPENAI_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      EMBEDDING_MODEL: 'hash',
      EMBEDDING_DIMENSION: '64',
      SESSION_LEASE_S: '1',
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWT_JWKS_URL: jwksUrl,
      STORE_IN_DOUBT_S: '1',
      STORE_VISIBLE_S: '1',
    }),
  )
  await send(killed, 'k-1', 'Survives the kill.')
  await asked.promise
  await child.kill()
  expect(await uploads('killed')).toContainEqual(
    expect.objectContaining({ document_id: 'k-1', status: 'embedding', attempts: 1, claim: expect.any(String) }),
  )
  replica.onEmbed = undefined
  there.open()
  for (const id of ['k-0', 'k-1']) await until(replica, killed, id, 'ready')
})
