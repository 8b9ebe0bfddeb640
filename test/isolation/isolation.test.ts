import { createHmac } from 'node:crypto'
import { exportSPKI } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnyRoute } from '../../src/http/pipeline/route.ts'
import { signingKey } from '../support/issuer.ts'
import { type Answer, type Ask, headersOf, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** Three tenants with the same document ids, the same record ids and one secret word each. */
const tenants = { acme: 'Heron', globex: 'Otter', initech: 'Basalt' } as const
type Name = keyof typeof tenants
const names = Object.keys(tenants) as Name[]
const others = (name: Name) => names.filter((other) => other !== name)

let world: ServiceWorld
let replicas: ServiceReplica[]
let platform: string
const apps = {} as Record<Name, string>

beforeAll(async () => {
  world = await ServiceWorld.open()
  const env = { ANSWER_PROVIDER: 'extractive' }
  replicas = [await world.replica(env), await world.replica(env)]
  platform = await world.issuer.staff('platform')
  for (const [i, name] of names.entries()) {
    apps[name] = await world.issuer.tenant(name)
    const created = await replica(i).admin({ path: '/tenants', authorization: platform, body: { id: name, name } })
    expect([created.status, created.text]).toEqual([201, expect.any(String)])
    await ingest(name, replica(i + 1))
  }
})
afterAll(() => world[Symbol.asyncDispose]())

function replica(i: number): ServiceReplica {
  const one = replicas[i % replicas.length]
  if (one === undefined) throw new Error('there are two')
  return one
}

async function ingest(name: Name, by: ServiceReplica): Promise<void> {
  const authorization = apps[name]
  const text = `# Refunds\n\nThe secret word of this company is ${tenants[name]}. Refunds take 14 days.`
  const put = await by.public({
    method: 'PUT',
    path: '/documents/refunds',
    authorization,
    body: { text, source: 'wiki' },
  })
  expect([put.status, put.text]).toEqual([201, expect.any(String)])
  const vectors = [{ id: 'own-1', values: vector(), metadata: { text: `raw record of ${tenants[name]}`, owner: name } }]
  const upserted = await by.public({ path: '/vectors/upsert', authorization, body: { vectors } })
  expect(upserted.status).toBe(200)
}

function vector(): number[] {
  return Array.from({ length: 64 }, (_, i) => (i === 3 ? 1 : 0.1))
}

/** No answer may carry another tenant's word, in whatever field. */
function expectNoForeignWord(answer: Answer, name: Name): void {
  const seen = answer.text + JSON.stringify([...answer.headers])
  for (const other of others(name)) {
    expect(seen).not.toContain(tenants[other])
    expect(seen).not.toContain(other)
  }
}

/** Everything a tenant can read, past the cache. */
async function everythingOf(name: Name): Promise<string> {
  const authorization = apps[name]
  const headers = { 'cache-control': 'no-cache' }
  const answers = await Promise.all([
    replica(0).public({ path: '/retrieve', authorization, headers, body: { query: 'secret word', topK: 100 } }),
    replica(1).public({ path: '/vectors/fetch', authorization, body: { ids: ['own-1', 'refunds#0'] } }),
    replica(0).public({ path: '/documents', authorization }),
  ])
  return JSON.stringify(answers.map(({ status, json }) => [status, { ...json, requestId: '', usage: '' }]))
}

const everyStage = { mode: 'hybrid', rerank: true, diversity: 0.4, group: 'document', expand: 1 }

const readings: readonly Ask[] = [
  { path: '/retrieve', body: { query: 'What is the secret word of this company?', topK: 100 } },
  { path: '/retrieve', body: { vector: vector(), topK: 100, includeValues: true } },
  { path: '/retrieve', body: { query: 'Heron Otter Basalt', topK: 100, minScore: -1 } },
  { path: '/retrieve', body: { query: 'Heron Otter Basalt', topK: 20, ...everyStage } },
  {
    path: '/retrieve/batch',
    body: { queries: [{ query: 'Heron Otter Basalt', ...everyStage }, { vector: vector() }] },
  },
  { path: '/answer', body: { question: 'What is the secret word of this company?', topK: 100 } },
  { path: '/vectors/fetch', body: { ids: ['own-1', 'refunds#0'] } },
  { path: '/documents' },
  { path: '/documents/refunds' },
]

test('each tenant finds its own secret and never another one, on both replicas, cold and cached', async () => {
  for (const round of [0, 1]) {
    for (const name of names) {
      for (const ask of readings) {
        for (const i of [0, 1]) {
          const answer = await replica(i).public({ ...ask, authorization: apps[name] })
          expect([round, name, ask.path, answer.status]).toEqual([round, name, ask.path, 200])
          expectNoForeignWord(answer, name)
          if (ask.path !== '/documents' && ask.path !== '/documents/refunds')
            expect(answer.text).toContain(tenants[name])
        }
      }
    }
  }
})

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

describe('a caller that names another tenant or place', () => {
  test.each(namings)(
    'as "%s" in body, query string or header is ignored or refused, and never obeyed',
    async (field) => {
      for (const ask of readings) {
        const plain = await replica(0).public({
          ...ask,
          authorization: apps.acme,
          headers: { 'cache-control': 'no-cache' },
        })
        for (const value of values) {
          const tries: Ask[] = [
            { ...ask, path: `${ask.path}?${field}=${value}` },
            { ...ask, headers: { [`x-${field.replaceAll('_', '-')}`]: value, 'cache-control': 'no-cache' } },
          ]
          if (ask.body !== undefined) tries.push({ ...ask, body: { ...(ask.body as object), [field]: value } })
          for (const one of tries) {
            const answer = await replica(1).public({ ...one, authorization: apps.acme })
            expectNoForeignWord(answer, 'acme')
            if (answer.status === 200) expect(strip(answer)).toEqual(strip(plain))
            else expect(answer.status).toBe(400)
          }
        }
      }
    },
  )

  test.each(namings)('as "%s" in a write is refused, and changes nothing of either tenant', async (field) => {
    const before = await everythingOf('globex')
    const own = await everythingOf('acme')
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
      const answer = await replica(0).public({ ...ask, authorization: apps.acme })
      expect([ask.path, answer.status, answer.json.code]).toEqual([ask.path, 400, 'invalid_request'])
      expectNoForeignWord(answer, 'acme')
    }
    expect([await everythingOf('globex'), await everythingOf('acme')]).toEqual([before, own])
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
        const answer = await replica(0).public({ path: '/retrieve', authorization: apps.acme, body })
        expect(answer.status).toBe(200)
        const words = JSON.stringify(answer.json.matches)
        for (const other of others('acme')) expect(words).not.toContain(tenants[other])
      }
    }
  })

  test('with odd document ids and paths reaches nobody else', async () => {
    const ids = ['tenant_globex_g1', '..%2Fglobex', '%2e%2e', 'globex', 'refunds%23..%2Fglobex', 'refunds%00', 'a%2Fb']
    for (const id of ids) {
      for (const method of ['GET', 'DELETE']) {
        const answer = await replica(1).public({ method, path: `/documents/${id}`, authorization: apps.acme })
        expect([400, 404]).toContain(answer.status)
        for (const other of others('acme')) expect(answer.text).not.toContain(tenants[other])
      }
    }
  })

  test('is counted in a metric and not obeyed silently', async () => {
    const read = async () => {
      const { text } = await replica(0).admin({ path: '/metrics' })
      return Number(/^tenant_router_spoof_attempts_total (\d+)$/m.exec(text)?.[1] ?? 0)
    }
    const before = await read()
    const body = { query: 'secret', tenant_id: 'globex' }
    await replica(0).public({ path: '/retrieve', authorization: apps.acme, body })
    expect(await read()).toBe(before + 1)
  })
})

test("another tenant's document and one that never was are answered byte-alike", async () => {
  const put = { method: 'PUT', path: '/documents/only-globex', body: { text: 'Otter again' } }
  expect((await replica(0).public({ ...put, authorization: apps.globex })).status).toBe(201)
  for (const method of ['GET', 'DELETE']) {
    const ask = (id: string) =>
      replica(1).public({
        method,
        path: `/documents/${id}`,
        authorization: apps.acme,
        headers: { 'x-request-id': 'same' },
      })
    const [theirs, nobodys] = [await ask('only-globex'), await ask('never-there')]
    expect(theirs.status).toBe(404)
    expect(theirs.text).toBe(nobodys.text)
    expect(headersOf(theirs)).toEqual(headersOf(nobodys))
  }
  const records = await replica(0).public({
    path: '/vectors/fetch',
    authorization: apps.acme,
    body: { ids: ['only-globex#0'] },
  })
  expect(records.json.vectors).toEqual({})
})

/** A call of a route with the least that gets past the checks before access. */
function askOf(route: AnyRoute): Ask {
  const path = route.path.replaceAll(/\{[^}]+\}/g, '00000000-0000-4000-8000-000000000000')
  const body = route.method === 'get' || route.method === 'delete' ? {} : { body: {} }
  return { method: route.method.toUpperCase(), path, ...body }
}

async function everyRoute(
  check: (route: AnyRoute, call: (authorization?: string) => Promise<Answer>) => Promise<void>,
) {
  const { services } = replica(0)
  let count = 0
  for (const [side, routes] of [
    ['public', services.publicRoutes],
    ['admin', services.adminRoutes],
  ] as const) {
    for (const route of routes) {
      if (route.access.kind === 'open') continue
      count += 1
      await check(route, (authorization) => replica(count)[side]({ ...askOf(route), authorization }))
    }
  }
  expect(count).toBeGreaterThan(15)
}

describe('every route of the route table', () => {
  test('refuses a call without a token', async () => {
    await everyRoute(async (route, call) => {
      const answer = await call()
      expect([route.path, answer.status, answer.json.code]).toEqual([route.path, 401, 'unauthenticated'])
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    })
  })

  test('refuses the other side: staff where tenants call, tenants where staff calls', async () => {
    await everyRoute(async (route, call) => {
      const answer = await call(route.access.kind === 'tenant' ? platform : apps.acme)
      expect([route.path, answer.status, answer.json.code]).toEqual([route.path, 403, 'forbidden'])
    })
  })

  test('refuses a token without the scope or role that it asks for', async () => {
    const roles = ['platform', 'sales', 'auditor'] as const
    await everyRoute(async (route, call) => {
      const { access } = route
      const wrong: string[] = []
      if (access.kind === 'tenant') {
        const other = access.scope === 'rag:read' ? 'rag:write' : 'rag:read'
        for (const scope of [other, '', 'rag:readwrite rag', 'admin'])
          wrong.push(await world.issuer.tenant('acme', { scope }))
      }
      if (access.kind === 'staff') {
        for (const role of roles) if (!access.roles.includes(role)) wrong.push(await world.issuer.staff(role))
        wrong.push(await world.issuer.staff('root'))
      }
      for (const token of wrong) {
        const answer = await call(token)
        expect([route.path, [401, 403].includes(answer.status)]).toEqual([route.path, true])
      }
    })
  })

  test('refuses every forged token', async () => {
    const forged = await forgedTokens()
    await everyRoute(async (route, call) => {
      for (const [how, token] of Object.entries(forged)) {
        const answer = await call(`Bearer ${token}`)
        expect([how, route.path, answer.status]).toEqual([how, route.path, 401])
      }
    })
  })

  test('answers with headers that forbid any shared cache to keep it', async () => {
    await everyRoute(async (route, call) => {
      const answer = await call(route.access.kind === 'tenant' ? apps.acme : platform)
      expect([route.path, answer.headers.get('cache-control')]).toEqual([route.path, 'private, no-store'])
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('authorization')
    })
    for (const name of names) await ingest(name, replica(0)).catch(() => undefined)
  })
})

async function forgedTokens(): Promise<Record<string, string>> {
  const { issuer } = world
  const good = { tenant_id: 'acme', scope: 'rag:read rag:write' }
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const nowS = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer.issuer, aud: issuer.audience, sub: 'x', iat: nowS, exp: nowS + 600, ...good }
  const { kid, publicKey } = issuer.key
  const head = base64({ alg: 'HS256', kid, typ: 'JWT' })
  const secret = await exportSPKI(publicKey)
  const confused = `${head}.${base64(claims)}`
  const stranger = await signingKey('ES256', kid)
  const real = await issuer.token(good)
  const [first, , last] = real.split('.')
  return {
    'alg none': `${base64({ alg: 'none' })}.${base64(claims)}.`,
    'HS256 over the public key': `${confused}.${createHmac('sha256', secret).update(confused).digest('base64url')}`,
    'another key under a known name': await issuer.token(good, { key: stranger }),
    'changed after signing': `${first}.${base64({ ...claims, tenant_id: 'globex' })}.${last}`,
    'no signature': `${first}.${base64(claims)}.`,
    'wrong issuer': await issuer.token({ ...good, iss: 'https://elsewhere.example' }),
    'wrong audience': await issuer.token({ ...good, aud: 'another-service' }),
    expired: await issuer.token({ ...good, iat: nowS - 7200, exp: nowS - 3600 }),
    'not yet valid': await issuer.token({ ...good, nbf: nowS + 3600 }),
    'tenant and staff at once': await issuer.token({ ...good, roles: ['platform'] }),
    neither: await issuer.token({ scope: 'rag:read' }),
    'a list of tenants': await issuer.token({ ...good, tenant_id: ['acme', 'globex'] }),
    'an object as tenant': await issuer.token({ ...good, tenant_id: { id: 'acme' } }),
    'a number as tenant': await issuer.token({ ...good, tenant_id: 7 }),
    'an empty tenant': await issuer.token({ ...good, tenant_id: '' }),
    'a path as tenant': await issuer.token({ ...good, tenant_id: '../globex' }),
    'two tenants in one string': await issuer.token({ ...good, tenant_id: 'acme,globex' }),
    'a tenant with a line break': await issuer.token({ ...good, tenant_id: 'acme\n' }),
    'a tenant too long': await issuer.token({ ...good, tenant_id: 'a'.repeat(65) }),
  }
}

test('in the questions of a batch a name of a tenant or place is dropped and counted, and unknown fields are refused', async () => {
  const count = async () => {
    const { text } = await replica(0).admin({ path: '/metrics' })
    return Number(/^tenant_router_spoof_attempts_total (\d+)$/m.exec(text)?.[1] ?? 0)
  }
  const ask = (question: object) =>
    replica(0).public({
      path: '/retrieve/batch',
      authorization: apps.acme,
      headers: { 'cache-control': 'no-cache' },
      body: { queries: [{ query: 'secret word' }, { query: 'secret word', ...question }] },
    })
  const [before, plain] = [await count(), await ask({})]
  const spoofed = await ask({ tenant_id: 'globex', index: 'tenant_globex_g1' })
  expect(strip(spoofed)).toEqual(strip(plain))
  expect(await count()).toBe(before + 2)
  const named = await ask({ namespace: 'tenant_globex_g1' })
  expect([named.status, named.json.code]).toEqual([400, 'invalid_request'])
  const typo = await ask({ quary: 'x' })
  expect([typo.status, typo.json.faults[0].path]).toEqual([400, 'queries[1].quary'])
})

test('what one tenant asked in a batch, on either replica, is no answer for another', async () => {
  const body = {
    queries: [
      { query: 'secret word', topK: 100 },
      { query: 'refunds', ...everyStage },
    ],
  }
  for (const round of [0, 1]) {
    for (const name of names) {
      const answer = await replica(round).public({ path: '/retrieve/batch', authorization: apps[name], body })
      expect([answer.status, answer.json.results.length]).toEqual([200, 2])
      for (const { answer: one } of answer.json.results) expect(JSON.stringify(one)).toContain(tenants[name])
      expectNoForeignWord(answer, name)
    }
  }
})

describe('an explanation', () => {
  const body = { query: 'secret word', explain: true, filter: { owner: { $ne: 'globex' } } }
  const ask = (authorization: string, asked: object = body, path = '/retrieve') =>
    replica(0).public({ path, authorization, body: asked })

  test('needs its scope, and reading too', async () => {
    for (const scope of ['rag:read', 'rag:read rag:write', 'rag:read rag:explained']) {
      const refused = await ask(await world.issuer.tenant('acme', { scope }))
      expect([scope, refused.status, refused.json.code]).toEqual([scope, 403, 'forbidden'])
    }
    const alone = await ask(await world.issuer.tenant('acme', { scope: 'rag:explain' }))
    expect(alone.status).toBe(403)
    const answer = await ask(await world.issuer.tenant('acme', { scope: 'rag:read rag:explain' }))
    expect([answer.status, answer.headers.get('x-cache')]).toEqual([200, 'bypass'])
  })

  test('of one question of a batch is refused alone', async () => {
    const { status, json } = await ask(apps.acme, { queries: [{ query: 'secret word' }, body] }, '/retrieve/batch')
    expect(status).toBe(200)
    expect(json.results[0].answer.matches.length).toBeGreaterThan(0)
    expect(json.results[1].problem).toMatchObject({ status: 403, code: 'forbidden', requestId: json.requestId })
  })

  test('names no index, no namespace and no other tenant', async () => {
    const explainer = await world.issuer.tenant('acme', { scope: 'rag:read rag:explain', groups: ['board'] })
    const places = await world.home.sql`select namespace, index_name from places`
    for (const stages of [{}, everyStage]) {
      const { json } = await ask(explainer, { ...body, filter: undefined, ...stages })
      const words = JSON.stringify(json.explain)
      expect(json.explain.place).toEqual({
        tier: 'standard',
        generation: 1,
        kind: 'pool',
        why: expect.stringContaining('shares an index'),
      })
      for (const { namespace, index_name: name } of places) {
        expect(words).not.toContain(namespace)
        expect(words).not.toContain(name)
      }
      expect(words).not.toMatch(/namespace|globex|initech|https?:/i)
    }
  })
})

test('groups of one tenant say nothing to another: the same group name opens only its own documents', async () => {
  for (const name of ['acme', 'globex'] as const) {
    const body = { text: `Board minutes of ${tenants[name]}`, metadata: { visibility: ['board'] } }
    const put = await replica(0).public({ method: 'PUT', path: '/documents/minutes', authorization: apps[name], body })
    expect(put.status).toBe(201)
  }
  const ask = { path: '/retrieve', body: { query: 'Board minutes', topK: 100 } }
  const member = await world.issuer.tenant('acme', { groups: ['board'] })
  for (const i of [0, 1]) {
    const seen = await replica(i).public({ ...ask, authorization: member })
    expect(seen.text).toContain('Board minutes of Heron')
    expectNoForeignWord(seen, 'acme')
    const unseen = await replica(i).public({ ...ask, authorization: apps.acme })
    expect(unseen.text).not.toContain('Board minutes')
  }
})

/** The matches, without the fields that differ between requests. */
function strip(answer: Answer): unknown {
  const own = new Set(['requestId', 'usage', 'cache'])
  return JSON.parse(JSON.stringify(answer.json, (key, value: unknown) => (own.has(key) ? undefined : value)))
}
