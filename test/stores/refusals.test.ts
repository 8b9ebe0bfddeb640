import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import type { TenantStore, VectorStore } from '../../src/stores/store.ts'
import { type ScriptedServer, scriptedServer } from './scripted-server.ts'
import { apiKey, scriptedStore } from './scripted-store.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await scriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const spec = { name: 'i', dimension: 2, metric: 'cosine' as const, cloud: 'aws', region: 'x', tags: {} }
const calls = {
  query: (tenant: TenantStore) => tenant.query({ vector: [1, 0], topK: 1 }),
  upsert: (tenant: TenantStore) => tenant.upsert([{ id: 'a', values: [1, 0] }]),
  createNamespace: (tenant: TenantStore) => tenant.createNamespace(),
  deleteAll: (tenant: TenantStore) => tenant.deleteAll(),
  createIndex: (_tenant: TenantStore, store: VectorStore) => store.createIndex('default', spec),
  deleteIndex: (_tenant: TenantStore, store: VectorStore) => store.deleteIndex('default', 'i'),
  listIndexes: (_tenant: TenantStore, store: VectorStore) => store.listIndexes('default'),
} as const

const rpc = (message: string) => ({ code: 3, message, details: [] })
const control = (code: string, message: string) => ({ error: { code, message }, status: 400 })

describe("the store's refusals in our words", () => {
  test.each<[keyof typeof calls, number, unknown, string]>([
    ['query', 400, rpc('filter is wrong'), 'invalid_request'],
    ['upsert', 400, rpc('Vector dimension 2 does not match'), 'invalid_request'],
    ['query', 401, 'Unauthorized', 'store_unavailable'],
    ['upsert', 403, rpc('Forbidden'), 'store_unavailable'],
    ['upsert', 403, rpc("You've reached the max namespaces allowed in index i (100)."), 'namespace_limit_reached'],
    ['createNamespace', 403, rpc('namespace limit exceeded'), 'namespace_limit_reached'],
    ['upsert', 403, rpc('You have reached the max storage'), 'store_unavailable'],
    ['query', 404, rpc('index not found'), 'not_found'],
    ['deleteAll', 404, rpc('index not found'), 'not_found'],
    ['upsert', 413, rpc('too large'), 'payload_too_large'],
    ['upsert', 507, rpc('The disk is full'), 'store_unavailable'],
    ['query', 302, 'elsewhere', 'store_unavailable'],
    ['createIndex', 400, control('INVALID_ARGUMENT', 'bad name'), 'invalid_request'],
    ['createIndex', 404, control('NOT_FOUND', 'region x not found'), 'invalid_request'],
    ['createIndex', 409, control('ALREADY_EXISTS', 'exists'), 'conflict'],
    [
      'createIndex',
      403,
      control('FORBIDDEN', "You've reached the max serverless indexes allowed"),
      'index_limit_reached',
    ],
    ['createIndex', 403, control('QUOTA_EXCEEDED', 'no more'), 'index_limit_reached'],
    ['createIndex', 429, control('QUOTA_EXCEEDED', 'no more'), 'index_limit_reached'],
    ['createIndex', 403, control('FORBIDDEN', 'key is not allowed'), 'store_unavailable'],
    ['deleteIndex', 403, control('FORBIDDEN', 'Deletion protection is enabled for this index.'), 'conflict'],
    ['listIndexes', 401, 'Invalid API Key', 'store_unavailable'],
  ])('%s with status %d and %j is %s', async (call, status, body, code) => {
    server.script({ status, body })
    const { store, tenant, calls: made } = scriptedStore(server.url)
    await expect(calls[call](tenant, store)).rejects.toMatchObject({ code })
    expect(made).toMatchObject([{ op: call, project: 'default', outcome: code, status }])
  })

  test("of the caller's content come with the store's own words", async () => {
    server.script({ status: 400, body: rpc('Vector dimension 2 does not match the dimension of the index 512') })
    await expect(calls.upsert(scriptedStore(server.url).tenant)).rejects.toThrow(/dimension 2 does not match/)
  })

  test('never show the key, should the store repeat it, and keep ids out of what is logged', async () => {
    const { tenant, store } = scriptedStore(server.url)
    for (const [status, call] of [
      [400, () => tenant.fetch(['secret-id'])],
      [401, () => calls.query(tenant)],
      [500, () => calls.listIndexes(tenant, store)],
    ] as const) {
      server.script({ status, body: `key ${apiKey} and ${status === 400 ? 'secret-id' : 'more'} are wrong` })
      const fault = await call().catch((error: unknown) => error)
      if (!isAppError(fault)) throw new Error('not refused')
      expect(inspect(fault, { depth: 10 })).not.toContain(apiKey)
      expect(inspect(fault.cause, { depth: 10 })).not.toContain('secret-id')
    }
  })

  test('of a project that is not configured say so', async () => {
    const { store } = scriptedStore(server.url)
    await expect(store.listIndexes('other')).rejects.toMatchObject({ code: 'internal' })
  })
})

describe('a write of several requests', () => {
  const records = Array.from({ length: 9_000 }, (_, at) => ({ id: `${at}`, values: [1, 0] }))
  const bad = { status: 400, body: rpc('bad record') }

  test('of which a part was done is of unknown outcome, and says why it stopped', async () => {
    server.script({}, bad)
    const { tenant } = scriptedStore(server.url)
    const fault = await tenant.upsert(records).catch((error: unknown) => error)
    expect(fault).toMatchObject({ code: 'outcome_unknown' })
    expect(String(fault)).toContain('bad record')
    expect(server.seen.length).toBeLessThan(9)
  })

  test('of which none was done is refused as the first of them', async () => {
    server.script(bad)
    await expect(scriptedStore(server.url).tenant.upsert(records)).rejects.toMatchObject({ code: 'invalid_request' })
    expect(server.seen).toHaveLength(4)
  })
})
