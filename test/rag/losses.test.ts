import { Pinecone } from '@pinecone-database/pinecone'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { extractiveAnswerer } from '../../src/models/extractive.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { lookForLosses } from '../../src/rag/losses/look-for-losses.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { type WatchedStore, watchedStore } from '../support/watched-store.ts'

/** Age that recent writes stay below throughout a test; older rows are backdated. */
const env = { STORE_VISIBLE_S: '3600' }
const never = 3_600_000

let world: ServiceWorld
let stores: WatchedStore
let staff: string
let a: ServiceReplica
let b: ServiceReplica
/** Moves stay in their copy until it is resolved. */
const copying = Promise.withResolvers<void>()
const lines: { tenantId?: string; documents?: number }[] = []

beforeAll(async () => {
  world = await ServiceWorld.open()
  staff = await world.issuer.staff('platform')
  stores = watchedStore(world.local.connect())
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const answerer = extractiveAnswerer()
  const atMovePoint = async (point: string) => (point === 'copy: batch claimed' ? copying.promise : undefined)
  a = await world.replica(env, { stores, answerer, log, atMovePoint, lossEveryMs: never })
  b = await world.replica(env, { answerer, log, atMovePoint, lossEveryMs: never })
})
afterAll(() => world[Symbol.asyncDispose]())

interface App {
  readonly id: string
  readonly token: string
  call(replica: ServiceReplica, method: string, path: string, body?: unknown): Promise<Answer>
  put(documentId: string, text?: string): Promise<string>
  status(replica: ServiceReplica, documentId: string): Promise<string>
  until(replica: ServiceReplica, documentId: string, status: string): Promise<void>
  retrieve(replica: ServiceReplica, token?: string): Promise<Answer>
}

/** A tenant with documents that the store must show by now, `alpha` of several chunks; the store shows writes late. */
async function app(id: string): Promise<App> {
  const token = await world.onboard(a, id)
  const call: App['call'] = (replica, method, path, body) =>
    replica.public({ method, path, authorization: token, ...(body !== undefined && { body }) })
  const one: App = {
    id,
    token,
    call,
    async put(documentId, text = textOf(documentId)) {
      const answer = await call(a, 'PUT', `/documents/${documentId}`, { text, chunking })
      expect(answer.status).toBeLessThan(300)
      return answer.json.status
    },
    status: async (replica, documentId) => (await call(replica, 'GET', `/documents/${documentId}`)).json.status,
    until: (replica, documentId, status) =>
      vi.waitFor(async () => expect(await one.status(replica, documentId)).toBe(status), {
        timeout: 120_000,
        interval: 50,
      }),
    retrieve: (replica, authorization = token) =>
      replica.public({
        path: '/retrieve',
        authorization,
        headers: { 'cache-control': 'no-cache' },
        body: { query: 'alpha', topK: 50 },
      }),
  }
  for (const documentId of ['alpha', 'beta', 'gamma']) expect(await one.put(documentId)).toBe('created')
  await world.home.sql`update documents set updated_at = now() - interval '2 hours' where tenant_id = ${id}`
  world.local.local.setFaults({ lagMs: 700, rules: [] })
  return one
}

/** Several chunks of each document. */
const chunking = { tokens: 64, overlap: 0 }

function textOf(documentId: string): string {
  return Array.from({ length: 20 }, (_, at) => `The ${documentId} has part ${at} with some words of its own.`).join(
    '\n\n',
  )
}

/** The vendor's own client in the tenant's namespace, as a person has it who cleans up by hand. */
async function byHand({ id }: App) {
  const { active } = (await a.services.routes.find(parseTenantId(id))).routing
  const client = new Pinecone({ apiKey: 'local', controllerHostUrl: world.local.local.url })
  const index = client.index({ host: active.indexHost, namespace: active.namespace })
  return { index, deleteNamespace: () => index.deleteNamespace(active.namespace) }
}

const lostGauge = async (replica: ServiceReplica) =>
  Number(/^tenant_router_documents_lost (\d+)$/m.exec((await replica.admin({ path: '/metrics' })).text)?.[1])
const lostHeader = (answer: Answer) => answer.headers.get('x-documents-lost')

test('losses that a put finds are reported of every document, by both replicas, and mended by puts', async () => {
  const acme = await app('acme')
  const { index } = await byHand(acme)
  const { json: before } = await acme.call(a, 'GET', '/documents/beta')
  expect(before.chunks).toBeGreaterThan(2)
  // Written a moment ago, and not shown at all.
  await acme.put('fresh')
  await index.deleteMany({ ids: ['alpha#0', 'beta#1', ...chunkIds('fresh')] })
  await vi.waitFor(async () => expect((await index.listPaginated({ prefix: 'beta#1' })).vectors).toEqual([]), 60_000)

  expect(await acme.status(a, 'beta')).toBe('ready')
  expect(await acme.put('alpha')).toBe('updated')
  await acme.until(b, 'beta', 'lost')
  const { items } = (await acme.call(b, 'GET', '/documents')).json
  expect(items.map((one: { documentId: string; status: string }) => [one.documentId, one.status])).toEqual([
    ['alpha', 'ready'],
    ['beta', 'lost'],
    ['fresh', 'ready'],
    ['gamma', 'ready'],
  ])
  expect((await acme.call(a, 'GET', '/documents/beta')).json).toEqual({
    ...before,
    status: 'lost',
    updatedAt: expect.any(String),
  })
  expect([await lostGauge(a), await lostGauge(b)]).toEqual([1, 1])
  expect(lines.filter(({ documents }) => documents !== undefined)).toMatchObject([{ tenantId: 'acme', documents: 1 }])

  for (const replica of [a, b]) {
    await vi.waitFor(async () => expect(lostHeader(await acme.retrieve(replica))).toBe('1'), 60_000)
  }
  const found = await acme.retrieve(a)
  expectStatus(found, 200)
  expect(found.json.matches).not.toEqual([])
  const batch = await acme.call(a, 'POST', '/retrieve/batch', { queries: [{ query: 'alpha' }] })
  const answer = await acme.call(a, 'POST', '/answer', { question: 'What has alpha?' })
  expect([batch.status, lostHeader(batch), answer.status, lostHeader(answer)]).toEqual([200, '1', 200, '1'])

  expect(await acme.put('beta')).toBe('updated')
  expect(await acme.status(b, 'beta')).toBe('ready')
  expect(await acme.put('beta')).toBe('unchanged')
  expect(await lostGauge(b)).toBe(0)
  for (const replica of [a, b]) {
    await vi.waitFor(async () => expect(lostHeader(await acme.retrieve(replica))).toBeNull(), 60_000)
  }
})

test('a namespace that is gone: an empty answer says so, and PUT, an upload and DELETE mend it', async () => {
  const globex = await app('globex')
  await (await byHand(globex)).deleteNamespace()
  const nothing = await vi.waitFor(
    async () => {
      const answer = await globex.retrieve(b)
      expectStatus(answer, 503)
      return answer
    },
    { timeout: 60_000 },
  )
  expect(nothing.json.code).toBe('store_inconsistent')
  for (const documentId of ['alpha', 'beta', 'gamma']) await globex.until(a, documentId, 'lost')
  expect(await lostGauge(a)).toBe(3)

  expectStatus(await globex.call(b, 'DELETE', '/documents/gamma'), 204)
  expect(await globex.put('alpha', 'Other content of alpha.')).toBe('updated')
  const upload = { documentId: 'beta', text: textOf('beta'), chunking }
  expectStatus(await globex.call(b, 'POST', '/documents', upload), 202)
  await globex.until(a, 'beta', 'ready')
  expect(await globex.status(a, 'alpha')).toBe('ready')
  expectStatus(await globex.call(a, 'GET', '/documents/gamma'), 404)
  expect(await lostGauge(a)).toBe(0)
  await vi.waitFor(async () => expect((await globex.retrieve(a)).json.matches?.length).toBeGreaterThan(1), 60_000)
})

test('the header counts what the caller may see', async () => {
  const hooli = await app('hooli')
  await world.home.sql`update documents set visibility = '{hr}' where tenant_id = 'hooli' and id = 'beta'`
  await (await byHand(hooli)).index.deleteMany({ ids: ['alpha#0', 'beta#0', 'gamma#0'] })
  await vi.waitFor(async () => expect(await hooli.put('alpha')).toBe('updated'), 60_000)
  await hooli.until(a, 'gamma', 'lost')
  const asHr = await world.issuer.tenant('hooli', { groups: ['hr'] })
  await vi.waitFor(async () => expect(lostHeader(await hooli.retrieve(a, asHr))).toBe('2'), 60_000)
  expect(lostHeader(await hooli.retrieve(a))).toBe('1')
})

test('a look that a move overtakes marks nothing; a tenant that is being moved is looked at in its active place', async () => {
  const umbrella = await app('umbrella')
  const { index } = await byHand(umbrella)
  await index.deleteMany({ ids: ['beta#0'] })
  await vi.waitFor(async () => expect((await index.listPaginated({ prefix: 'beta#0' })).vectors).toEqual([]), 60_000)
  const looking = watchedStore(world.local.connect())
  const settings = { storeVisibleMs: 3_600_000 }
  const deps = { db: a.services.database.db, routes: a.services.routes, stores: looking, settings }
  const look = () => lookForLosses(deps, parseTenantId('umbrella'), new AbortController().signal)
  const [listing, listed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  looking.before('list', () => {
    listing.resolve()
    return listed.promise
  })
  const overtaken = look()
  await listing.promise
  const body = { kind: 'promote' }
  const promote = await a.admin({ path: '/tenants/umbrella/moves', authorization: staff, body })
  expectStatus(promote, 202)
  await vi.waitFor(
    async () => {
      const move = await a.admin({ path: `/moves/${promote.json.id}`, authorization: staff })
      expect(move.json.state).toBe('copying')
    },
    { timeout: 60_000 },
  )
  looking.before('list', undefined)
  listed.resolve()
  expect(await overtaken).toEqual({ lost: 0, whole: 0 })
  expect(await umbrella.status(a, 'beta')).toBe('ready')
  await vi.waitFor(async () => expect(await look()).toEqual({ lost: 1, whole: 0 }), 60_000)
  expect(await umbrella.status(a, 'beta')).toBe('lost')
  copying.resolve()
})

test('the rounds find what nobody asks for, also behind an app’s own records, and see what comes back', async () => {
  const initech = await app('initech')
  const { index } = await byHand(initech)
  // The store shows late what was put: the lag of the tests before is on.
  const kept = await vi.waitFor(
    async () => {
      const found = Object.values((await index.fetch({ ids: ['beta#0'] })).records)
      expect(found).toHaveLength(1)
      return found
    },
    { timeout: 60_000 },
  )
  await index.deleteMany({ ids: ['beta#0'] })
  const own = ['one', 'two', 'three'].map((id) => ({ id, values: bagOfWords(id) }))
  expectStatus(await initech.call(a, 'POST', '/vectors/upsert', { vectors: own }), 200)
  await using rounds = new AsyncDisposableStack()
  const round = rounds.use((await world.replica(env, { lossEveryMs: 300 })).services)
  expect(round.config.moves.storeVisibleMs).toBe(3_600_000)
  await initech.until(a, 'beta', 'lost')
  expect(await initech.status(a, 'alpha')).toBe('ready')
  await index.upsert({ records: kept })
  await initech.until(a, 'beta', 'ready')
  await index.deleteMany({ ids: chunkIds('gamma') })
  await initech.until(a, 'gamma', 'lost')
})

test('an upload that meets a lost index is tried again and stored once it is back', async () => {
  const soylent = await app('soylent')
  let met = 0
  stores.before('upsert', () => {
    met += 1
    if (met < 3) throw new AppError('not_found', 'The vector store has no such index.')
  })
  await b.services[Symbol.asyncDispose]()
  expectStatus(await soylent.call(a, 'POST', '/documents', { documentId: 'delta', text: 'A delta.' }), 202)
  await vi.waitFor(
    async () => {
      const { json } = await soylent.call(a, 'GET', '/documents/delta')
      expect(json).toMatchObject({ status: 'queued', reason: { code: 'store_inconsistent' } })
    },
    { timeout: 60_000 },
  )
  await soylent.until(a, 'delta', 'ready')
  expect(met).toBeGreaterThanOrEqual(3)
  stores.before('upsert', undefined)
})

function chunkIds(documentId: string): string[] {
  return Array.from({ length: 50 }, (_, at) => `${documentId}#${at}`)
}
