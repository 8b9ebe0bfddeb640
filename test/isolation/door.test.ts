import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnyRoute } from '../../src/http/pipeline/route.ts'
import type { Answer, Ask } from '../support/service-world.ts'
import { expectNoForeignWord, type Name, names, others, ThreeTenants, tenants, vector } from './three-tenants.ts'

let world: ThreeTenants
const keys = {} as Record<Name, string>

beforeAll(async () => {
  world = await ThreeTenants.open()
  for (const name of names) {
    const made = await world
      .replica(0)
      .admin({ path: `/tenants/${name}/keys`, authorization: world.platform, body: {} })
    keys[name] = made.json.key
  }
})
afterAll(() => world[Symbol.asyncDispose]())

const everyVersion = ['2024-07', '2025-04', '2025-10', '2026-07']

/** The request that each route of the dialect is asked with, as little as it takes. A route without a line fails. */
const asked: Readonly<Record<string, Ask>> = {
  'post /query': { path: '/query', body: { vector: vector(), topK: 100, includeMetadata: true, includeValues: true } },
  'get /vectors/fetch': { path: '/vectors/fetch?ids=own-1&ids=refunds%230' },
  'post /vectors/fetch_by_metadata': {
    path: '/vectors/fetch_by_metadata',
    body: { filter: { text: { $exists: true } } },
  },
  'get /vectors/list': { path: '/vectors/list' },
  'post /describe_index_stats': { path: '/describe_index_stats', body: {} },
  'get /describe_index_stats': { path: '/describe_index_stats' },
  'get /namespaces': { path: '/namespaces' },
  'get /namespaces/{namespace}': { path: '/namespaces/__default__' },
  'post /namespaces': { path: '/namespaces', body: { name: 'x' } },
  'delete /namespaces/{namespace}': { method: 'DELETE', path: '/namespaces/__default__' },
  'post /vectors/upsert': { path: '/vectors/upsert', body: { vectors: [{ id: 'mine', values: vector() }] } },
  'post /vectors/update': { path: '/vectors/update', body: { id: 'own-1', setMetadata: { a: 1 } } },
  'post /vectors/delete': { path: '/vectors/delete', body: { ids: ['mine'] } },
  'get /indexes': { path: '/indexes' },
  'get /indexes/{name}': { path: '/indexes/any' },
  'post /indexes': { path: '/indexes', body: { name: 'any' } },
  'patch /indexes/{name}': { method: 'PATCH', path: '/indexes/any', body: { deletion_protection: 'disabled' } },
  'delete /indexes/{name}': { method: 'DELETE', path: '/indexes/any' },
}

const nameOf = ({ method, path }: AnyRoute) => `${method} ${path}`
const routes = () => world.replica(0).services.publicRoutes.filter(({ pinecone }) => pinecone !== undefined)
const send = (at: number, name: Name, ask: Ask, headers: Record<string, string> = {}): Promise<Answer> =>
  world.replica(at).public({ ...ask, headers: { 'api-key': keys[name], ...headers } })

test('every route of the dialect is asked here', () => {
  expect(routes().map(nameOf).toSorted()).toEqual(Object.keys(asked).toSorted())
})

test('each tenant’s answers show its own words, and no other tenant’s, on both replicas and in each version', async () => {
  for (const version of everyVersion) {
    for (const name of names) {
      for (const [route, ask] of Object.entries(asked)) {
        for (const at of [0, 1]) {
          const answer = await send(at, name, ask, { 'x-pinecone-api-version': version })
          expect([route, answer.status < 500]).toEqual([route, true])
          expectNoForeignWord(answer, name)
        }
      }
      for (const route of ['post /query', 'get /vectors/fetch', 'post /vectors/fetch_by_metadata']) {
        expect((await send(0, name, asked[route] as Ask)).text).toContain(tenants[name])
      }
    }
  }
})

test('no answer shows the name of an index or a namespace', async () => {
  const places = await world.service.home.sql`select namespace, index_name from places`
  for (const [route, ask] of Object.entries(asked)) {
    const answer = await send(0, 'acme', ask)
    const seen = answer.text + JSON.stringify([...answer.headers])
    for (const place of places) {
      expect([route, seen.includes(place.namespace), seen.includes(place.index_name)]).toEqual([route, false, false])
    }
  }
})

describe('another namespace', () => {
  const foreign = ['globex', 'tenant_globex_g1', 'tenant_acme_g1', 'initech', 'ACME', '*']

  test('is refused with 403 and counted, wherever it stands, and nothing happens', async () => {
    const before = await Promise.all(names.map((name) => world.everythingOf(name)))
    let expected = await world.spoofsCounted(0)
    for (const [route, ask] of Object.entries(asked)) {
      for (const namespace of foreign) {
        for (const spoofed of spoofs(route, ask, namespace)) {
          const answer = await send(0, 'acme', spoofed)
          expect([route, spoofed.path, answer.status]).toEqual([route, spoofed.path, 403])
          for (const other of others('acme')) expect(answer.text).not.toContain(tenants[other])
          expected += 1
          expect([route, await world.spoofsCounted(0)]).toEqual([route, expected])
        }
      }
    }
    expect(await Promise.all(names.map((name) => world.everythingOf(name)))).toEqual(before)
  })

  test('a delete of everything that names one deletes nothing, of anybody', async () => {
    const before = await Promise.all(names.map((name) => world.everythingOf(name)))
    for (const namespace of foreign) {
      const body = { deleteAll: true, namespace }
      expect((await send(1, 'acme', { path: '/vectors/delete', body })).status).toBe(403)
    }
    expect(await Promise.all(names.map((name) => world.everythingOf(name)))).toEqual(before)
  })
})

/** The same request with a foreign name in each place that it could stand in. */
function spoofs(route: string, ask: Ask, namespace: string): readonly Ask[] {
  if (route.endsWith('{namespace}')) return [{ ...ask, path: `/namespaces/${encodeURIComponent(namespace)}` }]
  if (route.includes('/indexes')) return []
  const at = ask.path.includes('?') ? '&' : '?'
  const inQuery = { ...ask, path: `${ask.path}${at}namespace=${encodeURIComponent(namespace)}` }
  return ask.body === undefined ? [inQuery] : [inQuery, { ...ask, body: { ...(ask.body as object), namespace } }]
}

test('a page token of one tenant is none of another, and of no other place', async () => {
  for (const at of [0, 1, 2]) {
    const vectors = [{ id: `page-${at}`, values: vector() }]
    expect((await send(0, 'acme', { path: '/vectors/upsert', body: { vectors } })).status).toBe(200)
  }
  const { json } = await send(0, 'acme', { path: '/vectors/list?limit=1' })
  const next = encodeURIComponent(json.pagination.next)
  const path = `/vectors/list?limit=1&paginationToken=${next}`
  expect((await send(1, 'acme', { path })).status).toBe(200)
  const foreign = await send(1, 'globex', { path })
  expect([foreign.status, foreign.json.code]).toEqual([400, 3])
})
