import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import type { Ask } from '../support/service-world.ts'
import { expectNoForeignWord, others, readings, strip, ThreeTenants, tenants, vector } from './three-tenants.ts'

let world: ThreeTenants
beforeAll(async () => {
  world = await ThreeTenants.open()
})
afterAll(() => world[Symbol.asyncDispose]())

const namings = [
  'tenant_id',
  'tenantId',
  'tenant',
  'namespace',
  'index',
  'indexName',
  'index_name',
  'host',
  'placement',
]
const values = ['globex', 'tenant_globex_g1', 'tr-pool-1']

const ignored = ['body 200', 'header 200', 'query 200']
const refused = ['body 400', 'header 400', 'query 400']

describe('a caller that names another tenant or place', () => {
  test.each(namings)(
    'as "%s" in a read is ignored, or refused where it is a namespace, and never obeyed',
    async (field) => {
      const seen = new Set<string>()
      for (const ask of readings) {
        const plain = await world.replica(0).public({
          ...ask,
          authorization: world.apps.acme,
          headers: { 'cache-control': 'no-cache' },
        })
        for (const value of values) {
          const header = `x-${field.replaceAll('_', '-')}`
          const tries: [string, Ask][] = [
            ['query', { ...ask, path: `${ask.path}?${field}=${value}` }],
            ['header', { ...ask, headers: { [header]: value, 'cache-control': 'no-cache' } }],
          ]
          if (ask.body !== undefined)
            tries.push(['body', { ...ask, body: { ...(ask.body as object), [field]: value } }])
          for (const [where, one] of tries) {
            const answer = await world.replica(1).public({ ...one, authorization: world.apps.acme })
            seen.add(`${where} ${answer.status}`)
            expectNoForeignWord(answer, 'acme')
            if (answer.status === 200) expect(strip(answer)).toEqual(strip(plain))
          }
        }
      }
      expect([field, [...seen].toSorted()]).toEqual([field, field === 'namespace' ? refused : ignored])
    },
  )

  test.each(namings)('as "%s" in a write is refused, and changes nothing of either tenant', async (field) => {
    const before = await world.everythingOf('globex')
    const own = await world.everythingOf('acme')
    const spoof = { [field]: 'globex' }
    const writes: Ask[] = [
      { method: 'PUT', path: '/documents/refunds', body: { text: 'overwritten by acme', ...spoof } },
      { method: 'PUT', path: `/documents/planted?${field}=globex`, body: { text: 'planted by acme' } },
      { path: '/vectors/upsert', body: { vectors: [{ id: 'own-1', values: vector() }], ...spoof } },
      { path: '/vectors/update', body: { id: 'own-1', setMetadata: { owner: 'stolen' }, ...spoof } },
      { path: '/vectors/delete', body: { ids: ['own-1'], ...spoof } },
      { method: 'DELETE', path: `/documents/planted?${field}=globex` },
      // As a header, `host` is the web's own.
      ...(field === 'host'
        ? []
        : [
            {
              path: '/vectors/delete',
              headers: { [`x-${field.replaceAll('_', '-')}`]: 'globex' },
              body: { deleteAll: true },
            },
          ]),
    ]
    for (const ask of writes) {
      const answer = await world.replica(0).public({ ...ask, authorization: world.apps.acme })
      expect([ask.path, answer.status, answer.json.code]).toEqual([ask.path, 400, 'invalid_request'])
      expectNoForeignWord(answer, 'acme')
    }
    expect([await world.everythingOf('globex'), await world.everythingOf('acme')]).toEqual([before, own])
  })

  test('with a filter that points elsewhere finds nothing of anyone else', async () => {
    const filters = [
      { owner: { $eq: 'globex' } },
      { tenant_id: 'globex' },
      { $or: [{ owner: 'globex' }, { visibility: { $exists: true } }, { visibility: { $exists: false } }] },
      { documentId: { $in: ['refunds'] } },
      { namespace: { $ne: 'nothing' } },
    ]
    for (const filter of filters) {
      for (const body of [
        { query: 'secret word', topK: 100, filter },
        { vector: vector(), topK: 100, filter },
      ]) {
        const answer = await world.replica(0).public({ path: '/retrieve', authorization: world.apps.acme, body })
        expectStatus(answer, 200)
        const words = JSON.stringify(answer.json.matches)
        for (const other of others('acme')) expect(words).not.toContain(tenants[other])
      }
    }
  })

  test('with odd document ids and paths reaches nobody else', async () => {
    const ids = ['tenant_globex_g1', '..%2Fglobex', '%2e%2e', 'globex', 'refunds%23..%2Fglobex', 'refunds%00', 'a%2Fb']
    for (const id of ids) {
      for (const method of ['GET', 'DELETE']) {
        const answer = await world
          .replica(1)
          .public({ method, path: `/documents/${id}`, authorization: world.apps.acme })
        expect([id, method, answer.status]).toEqual([id, method, id === 'refunds%00' ? 400 : 404])
        for (const other of others('acme')) expect(answer.text).not.toContain(tenants[other])
      }
    }
  })

  test('is counted in a metric', async () => {
    const read = () => world.spoofsCounted(0)
    const before = await read()
    const body = { query: 'secret', tenant_id: 'globex' }
    await world.replica(0).public({ path: '/retrieve', authorization: world.apps.acme, body })
    expect(await read()).toBe(before + 1)
  })
})
