import { afterAll, beforeAll, expect, test } from 'vitest'
import { bagOfWords } from '../support/hash-embedder.ts'
import { DoorWorld } from './door-world.ts'

let world: DoorWorld
let key: string

beforeAll(async () => {
  world = await DoorWorld.open()
  key = await world.key('acme')
  const vectors = [{ id: 'one', values: bagOfWords('one'), metadata: { text: 'one' } }]
  expect((await world.send(key, 'POST', '/vectors/upsert', { vectors })).json).toEqual({ upsertedCount: 1 })
})
afterAll(() => world[Symbol.asyncDispose]())

const versions = ['2024-07', '2024-10', '2025-01', '2025-04', '2025-10', '2026-04', '2026-07'] as const
const as = (version: string) => ({ 'x-pinecone-api-version': version })

test.each(versions)('version %s is answered in its own shapes', async (version) => {
  const send = (method: string, path: string, body?: unknown) => world.send(key, method, path, body, as(version))
  const count = version === '2026-07' ? '1' : 1
  const name = version < '2025-04' ? '' : '__default__'
  expect((await send('GET', '/namespaces')).json.namespaces).toEqual([
    expect.objectContaining({ name, record_count: count }),
  ])
  expect((await send('GET', '/namespaces/acme')).json).toMatchObject({ name: 'acme', record_count: count })
  const stats = await send('POST', '/describe_index_stats', {})
  expect(stats.json).toMatchObject({ namespaces: { [name]: { vectorCount: 1 } }, totalVectorCount: 1 })
  expect('metric' in stats.json).toBe(version >= '2025-01')
  expect((await send('GET', '/describe_index_stats')).json).toEqual(stats.json)
  const index = (await send('GET', '/indexes/any')).json
  expect('dimension' in index).toBe(version !== '2026-07')
  expect('schema' in index).toBe(version >= '2026-04')
  expect(index.host).toBe(world.url())
})

test('a host behind a proxy that ends TLS is named without a scheme, as the vendor names it', async () => {
  const answer = await world.send(key, 'GET', '/indexes/any', undefined, { 'x-forwarded-proto': 'https' })
  expect(answer.json.host).toBe(new URL(world.url()).host)
})

test('snake case, nulls and numbers in quotes are read as by the vendor’s gateway', async () => {
  const body = { top_k: '3', vector: bagOfWords('one'), include_metadata: true, filter: null, sparse_vector: null }
  const { json } = await world.send(key, 'POST', '/query', body)
  expect(json.matches).toEqual([{ id: 'one', score: expect.any(Number), values: [], metadata: { text: 'one' } }])
  expect(json).toMatchObject({ namespace: '', usage: { readUnits: expect.any(Number) } })
})

test('faults are google.rpc statuses on the data plane, with our code in the details', async () => {
  const vector = bagOfWords('one')
  const cases = [
    ['POST', '/query', { vector: [1], topK: 1 }, 400, 3],
    ['POST', '/query', { vector, topK: 0 }, 400, 3],
    ['POST', '/query', { vector, topK: 10_001 }, 400, 3],
    ['POST', '/query', { vector, topK: '0x10' }, 400, 3],
    ['POST', '/query', { vector, topK: '1e1' }, 400, 3],
    ['GET', '/vectors/list?limit=0x10', undefined, 400, 3],
    ['POST', '/vectors/fetch_by_metadata', { filter: { a: 1 }, limit: ' 5' }, 400, 3],
    ['POST', '/query', { vector, topK: 1_001, includeMetadata: true }, 400, 3],
    ['POST', '/query', { vector, topK: 1, filter: { _tr: 1 } }, 400, 3],
    ['POST', '/vectors/upsert', { vectors: [] }, 400, 3],
    ['POST', '/vectors/upsert', { vectors: [{ id: '_tr1', values: vector }] }, 400, 3],
    ['POST', '/vectors/upsert', { vectors: [{ id: '_tr_doc_1', values: vector }] }, 400, 3],
    ['POST', '/vectors/update', { id: '_tr_doc_1', setMetadata: { a: 1 } }, 400, 3],
    ['POST', '/vectors/delete', { ids: ['_tr_doc_1'] }, 400, 3],
    ['POST', '/vectors/upsert', { vectors: [{ id: 'a', values: vector, metadata: { a: null } }] }, 400, 3],
    ['POST', '/vectors/delete', {}, 400, 3],
    ['POST', '/vectors/update', { filter: {}, setMetadata: { a: 1 } }, 400, 3],
    ['GET', '/vectors/list?paginationToken=nonsense', undefined, 400, 3],
    ['POST', '/query', { vector, topK: 1, namespace: 'globex' }, 403, 7],
    ['GET', '/vectors/list?namespace=globex', undefined, 403, 7],
    ['GET', '/namespaces/globex', undefined, 403, 7],
    ['DELETE', '/namespaces/acme', undefined, 403, 7],
    ['POST', '/records/namespaces/acme/upsert', {}, 400, 3],
    ['POST', '/namespaces/acme/documents/search', {}, 400, 3],
    ['GET', '/nowhere', undefined, 404, 5],
    ['PUT', '/query', {}, 405, 12],
  ] as const
  for (const [method, path, body, status, code] of cases) {
    const answer = await world.send(key, method, path, body)
    expect([method, path, body, answer.status, answer.json.code]).toEqual([method, path, body, status, code])
    expect(answer.json).toEqual({
      code,
      message: expect.stringMatching(/./),
      details: [expect.objectContaining({ domain: 'tenant-router', reason: expect.stringMatching(/^[A-Z_]+$/) })],
    })
    expect(answer.headers.get('content-type')).toContain('application/json')
  }
})

test('the control plane has its own form of faults, and a 401 of the data plane is bare text', async () => {
  const conflict = await world.send(key, 'POST', '/indexes', { name: 'mine' })
  expect([conflict.status, conflict.json]).toEqual([
    409,
    { error: { code: 'ALREADY_EXISTS', message: expect.any(String) }, status: 409 },
  ])
  const [data, control] = [await world.send('x', 'POST', '/query', {}), await world.send('x', 'GET', '/indexes')]
  expect([data.status, data.text, control.status, control.json.error.code]).toEqual([
    401,
    'Unauthorized',
    401,
    'UNAUTHENTICATED',
  ])
  expect(data.headers.get('www-authenticate')).toContain('error_description="')
})

test('a refusal says its reason once, and names the part of the vendor that is not offered', async () => {
  const token = await world.send(key, 'GET', '/vectors/list?paginationToken=nonsense')
  expect(token.json.message.match(/begin the list again/g)).toHaveLength(1)
  const forModel = await world.send(key, 'POST', '/indexes/create-for-model', { name: 'a' })
  expect([forModel.status, forModel.json.error]).toEqual([
    400,
    { code: 'INVALID_ARGUMENT', message: expect.stringContaining('does not offer integrated embedding') },
  ])
})

test.each(['pcsk_2gWq9_SomethingOfTheVendor', '', 'Bearer a.b.c'])(
  'an Api-Key that is of no use here is told so: %j',
  async (foreign) => {
    const { status, json } = await world.send(foreign, 'GET', '/indexes')
    expect([status, json.error.message]).toEqual([401, expect.stringContaining('neither a tenant key')])
  },
)

test('a key or token that does not verify is 401 on every route of this door, whatever else is wrong', async () => {
  const routes = (world.replicas[0]?.services.publicRoutes ?? []).filter(({ pinecone }) => pinecone !== undefined)
  expect(routes.length).toBeGreaterThan(15)
  const wrongKey = key.replace(/.{8}$/, '00000000')
  for (const { method, path } of routes) {
    const place = path.replace('{namespace}', 'globex').replace('{name}', 'any')
    const body = method === 'post' || method === 'patch' ? { namespace: 'globex', topK: '0x10' } : undefined
    for (const [header, value] of [
      ['api-key', wrongKey],
      ['api-key', 'no.such.token'],
      ['authorization', 'Bearer no.such.token'],
    ] as const) {
      const answer = await world.send(key, method.toUpperCase(), place, body, { [header]: value })
      expect([method, path, header, answer.status]).toEqual([method, path, header, 401])
      expect(answer.text).not.toContain('globex')
    }
  }
})

test('a namespace is a text: a list of own names is none', async () => {
  const { status, json } = await world.send(key, 'POST', '/query', { id: 'one', topK: 1, namespace: ['acme'] })
  expect([status, json.message]).toEqual([400, 'namespace: expected a string, got ["acme"]'])
})

test('10,000 matches may be asked for without values and metadata', async () => {
  const { status, json } = await world.send(key, 'POST', '/query', { vector: bagOfWords('one'), topK: 10_000 })
  expect([status, json.matches.length]).toEqual([200, 1])
})

test('1,000 ids of a usual length are fetched at once, as the vendor allows', async () => {
  const ids = Array.from({ length: 999 }, () => crypto.randomUUID())
  const { status, json } = await world.send(key, 'GET', `/vectors/fetch?ids=one&ids=${ids.join('&ids=')}`)
  expect([status, Object.keys(json.vectors)]).toEqual([200, ['one']])
})

test('an upsert of the vendor’s size is taken, however its numbers are written, and one beyond it is refused', async () => {
  const values = Array.from({ length: 64 }, (_, at) => 1 / (at + 3))
  const vectors = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `big-${at}`, values, metadata: { text: 'x'.repeat(1_500) } }))
  expect((await world.send(key, 'POST', '/vectors/upsert', { vectors: vectors(1_000) })).json).toEqual({
    upsertedCount: 1_000,
  })
  const large = Array.from({ length: 1_000 }, (_, at) => ({ id: `b${at}`, values, metadata: { t: 'x'.repeat(2_000) } }))
  const refused = await world.send(key, 'POST', '/vectors/upsert', { vectors: large })
  expect([refused.status, refused.json.message]).toEqual([400, expect.stringContaining('2MB')])
})

test('a dry run counts and changes nothing', async () => {
  const body = { filter: { text: 'one' }, setMetadata: { touched: true }, dryRun: true }
  expect((await world.send(key, 'POST', '/vectors/update', body)).json).toEqual({ matchedRecords: 1 })
  const { json } = await world.send(key, 'GET', '/vectors/fetch?ids=one')
  expect(json.vectors.one.metadata).toEqual({ text: 'one' })
  const done = await world.send(key, 'POST', '/vectors/update', { ...body, dryRun: false })
  expect(done.json).toEqual({ matchedRecords: 1 })
})

test('our own dialect stays as it is for bearer tokens and keys on the same paths', async () => {
  const [replica] = world.replicas
  const body = { vectors: [{ id: 'own', values: bagOfWords('own') }], extra: 1 }
  const strict = await replica?.public({ path: '/vectors/upsert', authorization: `Bearer ${key}`, body })
  expect([strict?.status, strict?.json.code]).toEqual([400, 'invalid_request'])
  const loose = await world.send(key, 'POST', '/vectors/upsert', body)
  expect(loose.json).toEqual({ upsertedCount: 1 })
})

test('a request that names another namespace is counted as a try', async () => {
  const counted = async () => {
    const metrics = await world.replicas[0]?.admin({ path: '/metrics' })
    return Number(/^tenant_router_spoof_attempts_total (\d+)$/m.exec(metrics?.text ?? '')?.[1])
  }
  const before = await counted()
  await world.send(key, 'POST', '/query', { id: 'one', topK: 1, namespace: 'globex' })
  await world.send(key, 'POST', '/query', { id: 'one', topK: 1, namespace: 'acme' })
  expect(await counted()).toBe(before + 1)
})
