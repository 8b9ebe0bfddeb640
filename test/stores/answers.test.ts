import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TenantStore, VectorStore } from '../../src/stores/store.ts'
import { type ScriptedServer, scriptedServer } from './scripted-server.ts'
import { scriptedStore } from './scripted-store.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await scriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())

type Call = (tenant: TenantStore, store: VectorStore) => Promise<unknown>

const namespace = 'tenant_acme_g1'
const spec = { name: 'i', dimension: 2, metric: 'cosine' as const, cloud: 'aws', region: 'x', tags: {} }
const index = { name: 'i', host: 'i.example', status: { ready: true, state: 'Ready' } }
const match = { id: 'a', score: 0.5, values: [1, 0], metadata: { a: 'b' } }
const record = { id: 'a', values: [1, 0] }
const records = [
  { id: 'a', values: [1, 0] },
  { id: 'b', values: [0, 1] },
]

const writes: Record<string, Call> = {
  upsert: (tenant) => tenant.upsert(records),
  update: (tenant) => tenant.update({ id: 'a', setMetadata: { x: 1 } }),
  deleteIds: (tenant) => tenant.deleteIds(['a']),
  deleteByFilter: (tenant) => tenant.deleteByFilter({ x: 1 }),
  deleteAll: (tenant) => tenant.deleteAll(),
  createNamespace: (tenant) => tenant.createNamespace(),
  deleteNamespace: (tenant) => tenant.deleteNamespace(),
  createIndex: (_tenant, store) => store.createIndex('default', spec),
  deleteIndex: (_tenant, store) => store.deleteIndex('default', 'i'),
}
const reads: Record<string, Call> = {
  query: (tenant) => tenant.query({ vector: [1, 0], topK: 1 }),
  fetch: (tenant) => tenant.fetch(['a']),
  list: (tenant) => tenant.list({}),
  fetchByFilter: (tenant) => tenant.fetchByFilter({ filter: { x: 1 } }),
  describeNamespace: (tenant) => tenant.describeNamespace(),
  describeIndex: (_tenant, store) => store.describeIndex('default', 'i'),
  listIndexes: (_tenant, store) => store.listIndexes('default'),
}

/** Answers of proxies, other services and broken stores with status 200. */
const noAnswers: readonly unknown[] = ['null', [], '"ok"', 'true', '7', '', '<html>', { error: { code: 'X' } }]
/** The vendor confirms these with `{}` itself. */
const confirmedByNothing = new Set(['update', 'deleteIds', 'deleteByFilter', 'deleteAll', 'deleteNamespace'])

const wrongTypes: Record<string, readonly unknown[]> = {
  upsert: [{ upsertedCount: 1 }, { upsertedCount: 3 }, { upsertedCount: -2 }, { upsertedCount: null }],
  deleteAll: [{ code: 5, message: 'not found', details: [] }],
  createNamespace: [
    { name: 'other', record_count: '0' },
    { name: namespace, record_count: 'none' },
  ],
  createIndex: [
    { ...index, name: 'other' },
    { ...index, host: '' },
    { ...index, status: 'Ready' },
  ],
  query: [
    { matches: {} },
    { matches: [null] },
    { matches: [{ ...match, score: '0.5' }] },
    { matches: [{ score: 1 }] },
    { matches: [{ ...match, values: ['1'] }] },
    { matches: [{ ...match, metadata: [] }] },
    { matches: [match], namespace: 'tenant_other_g1' },
  ],
  fetch: [
    { vectors: [] },
    { vectors: { a: null } },
    { vectors: { a: { ...record, id: 'b' } } },
    { vectors: { b: { ...record, id: 'b' } } },
    { vectors: { a: { ...record, values: 'none' } } },
    { vectors: { a: { id: 'a' } } },
    { vectors: { a: { id: 'a', values: [], metadata: { x: 1 } } } },
    { vectors: { a: record }, namespace: 'tenant_other_g1' },
  ],
  list: [{ vectors: {} }, { vectors: [{ id: 1 }] }, { vectors: [{ id: 'a' }], pagination: { next: 2 } }],
  fetchByFilter: [{ vectors: { a: { id: 'a', values: [null] } } }, { vectors: {}, pagination: 'next' }],
  describeNamespace: [{ name: namespace }, { name: 'other', record_count: 1 }, { name: namespace, record_count: 1.5 }],
  describeIndex: [
    { ...index, name: 'other' },
    { ...index, status: {} },
  ],
  listIndexes: [{ indexes: {} }, { indexes: [{ name: 'i' }] }],
}

const cases = (calls: Record<string, Call>) =>
  Object.keys(calls).flatMap((name) =>
    [...noAnswers, ...(confirmedByNothing.has(name) ? [] : [{}]), ...(wrongTypes[name] ?? [])].map(
      (body) => [name, body] as const,
    ),
  )

describe('status 200', () => {
  test.each(cases(writes))('does not confirm %s with %j', async (name, body) => {
    server.script({ body })
    const { tenant, store, calls } = scriptedStore(server.url)
    await expect(writes[name]?.(tenant, store)).rejects.toMatchObject({ code: 'outcome_unknown' })
    expect(calls).toMatchObject([{ op: name, outcome: 'outcome_unknown', status: 200, attempts: 1 }])
  })

  test.each(cases(reads))('is no answer to %s with %j', async (name, body) => {
    server.script({ body })
    const { tenant, store, calls } = scriptedStore(server.url)
    await expect(reads[name]?.(tenant, store)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(calls).toMatchObject([{ op: name, outcome: 'store_unavailable', status: 200 }])
  })

  test.each<[string, unknown, unknown]>([
    ['upsert', { upsertedCount: 2 }, {}],
    ['upsert', { upsertedCount: '2' }, {}],
    ['update', { matchedRecords: 1 }, {}],
    ['deleteAll', {}, {}],
    ['createNamespace', { name: namespace, record_count: '0' }, 'created'],
    ['deleteNamespace', {}, 'deleted'],
    ['query', { results: [], matches: [match], namespace }, { matches: [match] }],
    ['query', { matches: [{ id: 'a', score: 0, metadata: null, values: null }] }, { matches: [{ id: 'a', score: 0 }] }],
    ['fetch', { vectors: {}, namespace }, { records: new Map() }],
    [
      'fetch',
      { vectors: { a: { id: 'a', values: [], sparseValues: { indices: [1], values: [2] } } } },
      { records: new Map([['a', { id: 'a', values: [], sparseValues: { indices: [1], values: [2] } }]]) },
    ],
    ['list', { vectors: [{ id: 'a' }], pagination: { next: 'x' } }, { ids: ['a'], nextCursor: 'x' }],
    ['fetchByFilter', { vectors: { a: record } }, { records: [record] }],
    ['describeNamespace', { name: namespace, record_count: '12' }, { recordCount: 12 }],
    ['listIndexes', { indexes: [] }, []],
  ])("is an answer to %s with the vendor's %j", async (name, body, answer) => {
    server.script({ body })
    const { tenant, store } = scriptedStore(server.url)
    expect(await (writes[name] ?? reads[name])?.(tenant, store)).toEqual(answer)
  })
})

test('202 without a body is what accepts the deletion of an index', async () => {
  server.script({ status: 202, body: '' })
  expect(await scriptedStore(server.url).store.deleteIndex('default', 'i')).toBe('deleted')
})

test("a gateway's 404 does not say that an index is gone", async () => {
  const { store } = scriptedStore(server.url)
  server.script({ status: 404, body: '<html>not here</html>' })
  await expect(store.deleteIndex('default', 'i')).rejects.toMatchObject({ code: 'not_found' })
  await expect(store.describeIndex('default', 'i')).rejects.toMatchObject({ code: 'not_found' })
  server.script({ status: 404, body: { error: { code: 'NOT_FOUND', message: 'Resource i not found' }, status: 404 } })
  expect(await store.deleteIndex('default', 'i')).toBe('absent')
  expect(await store.describeIndex('default', 'i')).toBeUndefined()
})
