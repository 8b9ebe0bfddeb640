import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Scope } from '../../../src/auth/principal.ts'
import { AppError } from '../../../src/errors.ts'
import { publicRoutes } from '../../../src/http/public/public-routes.ts'
import { expectStatus } from '../../support/expect-status.ts'
import { bagOfWords } from '../../support/hash-embedder.ts'
import { principalOf, RagWorld } from '../../support/rag-world.ts'
import { type KitApp, publicApp } from '../kit-app.ts'

let world: RagWorld
let app: KitApp['app']
let acme: string
let other: string
let tenants = 0

beforeAll(async () => {
  world = await RagWorld.open()
  app = publicApp(publicRoutes(world.deps), {
    // `Bearer <tenant> <group,group> <scope>`
    verify: (authorization = '') => {
      const [, id = '', groups = '-', scope] = authorization.split(' ')
      if (id === '') throw new AppError('unauthenticated', 'There is no token.')
      const principal = principalOf(id, ...(groups === '-' ? [] : groups.split(',')))
      return scope === undefined ? principal : { ...principal, scopes: new Set([scope as Scope]) }
    },
  }).app
})
beforeEach(async () => {
  tenants += 1
  ;[acme, other] = [`acme-${tenants}`, `other-${tenants}`]
  await world.tenant(acme)
  await world.tenant(other)
})
afterAll(() => world[Symbol.asyncDispose]())

interface Sent {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

async function send(
  token: string,
  request: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const [method = '', path = ''] = request.split(' ')
  const response = await app.request(path, {
    method,
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
}

const ids = ({ body }: Sent) => (body.matches as { id: string }[]).map(({ id }) => id)

/** Each route once, as a caller with every right would use it. */
const uses: readonly { readonly request: string; readonly scope: Scope; readonly body?: object }[] = [
  { request: 'POST /retrieve', scope: 'rag:read', body: { query: 'apple' } },
  { request: 'POST /retrieve/batch', scope: 'rag:read', body: { queries: [{ query: 'apple' }] } },
  { request: 'POST /answer', scope: 'rag:read', body: { question: 'apple' } },
  { request: 'POST /documents', scope: 'rag:write', body: { documentId: 'guide', text: 'pear' } },
  {
    request: 'POST /documents/batch',
    scope: 'rag:write',
    body: { documents: [{ documentId: 'guide', text: 'pear' }] },
  },
  { request: 'POST /documents/guide/retry', scope: 'rag:write' },
  { request: 'PUT /documents/guide', scope: 'rag:write', body: { text: 'pear' } },
  { request: 'GET /documents', scope: 'rag:read' },
  { request: 'GET /documents/guide', scope: 'rag:read' },
  { request: 'DELETE /documents/guide', scope: 'rag:write' },
  {
    request: 'POST /vectors/upsert',
    scope: 'rag:write',
    body: { vectors: [{ id: 'own', values: bagOfWords('apple') }] },
  },
  { request: 'POST /vectors/fetch', scope: 'rag:read', body: { ids: ['own', 'guide#0'] } },
  { request: 'POST /vectors/update', scope: 'rag:write', body: { id: 'own', setMetadata: { a: 1 } } },
  { request: 'POST /vectors/delete', scope: 'rag:write', body: { ids: ['own'] } },
  {
    request: 'POST /mcp',
    scope: 'rag:read',
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'get_document', arguments: { documentId: 'guide' } },
    },
  },
  {
    request: 'POST /retrieval',
    scope: 'rag:read',
    body: { knowledge_id: 'acme', query: 'apple', retrieval_setting: { top_k: 5, score_threshold: 0 } },
  },
]

test('every route of the listener is in the table of these tests', () => {
  const listed = publicRoutes(world.deps).map(({ method, path, access }) => [
    `${method.toUpperCase()} ${path.replace('{documentId}', 'guide')}`,
    access.kind === 'tenant' ? access.scope : access.kind,
  ])
  expect(uses.map(({ request, scope }) => [request, scope])).toEqual(listed)
})

test.each(uses)('$request needs a token, and one with the scope $scope', async ({ request, scope, body }) => {
  expect((await send('', request, body)).body).toMatchObject({ status: 401, code: 'unauthenticated' })
  const wrong = scope === 'rag:read' ? 'rag:write' : 'rag:read'
  expect((await send(`${acme} - ${wrong}`, request, body)).body).toMatchObject({ status: 403, code: 'forbidden' })
})

test.each(uses)('$request reaches nothing of another tenant, whatever place is named', async ({ request, body }) => {
  await send(acme, 'PUT /documents/guide', { text: 'apple' })
  await send(acme, 'POST /vectors/upsert', { vectors: [{ id: 'own', values: bagOfWords('apple') }] })
  const before = await world.stored(principalOf(acme).tenantId)
  const spoof = { 'x-tenant-id': acme, 'x-namespace': `tenant_${acme}_g1` }
  const named = body && { ...body, tenant_id: acme, namespace: `tenant_${acme}_g1`, index: 'tr-pool-1' }
  const answer = await send(other, `${request}?tenant_id=${acme}`, named, spoof)
  expect(JSON.stringify(answer.body)).not.toContain('apple')
  expect(JSON.stringify(answer.body)).not.toContain('"own"')
  expect(await world.stored(principalOf(acme).tenantId)).toEqual(before)
})

test('a document goes in, is found, changed, listed and deleted', async () => {
  const put = (text: string) => send(acme, 'PUT /documents/a-guide', { text, source: 'x.md', metadata: { year: 2026 } })
  expect(await put('apple')).toMatchObject({
    status: 201,
    body: { documentId: 'a-guide', chunks: 1, status: 'created' },
  })
  expect(await put('apple')).toMatchObject({ status: 200, body: { status: 'unchanged' } })
  const found = await send(acme, 'POST /retrieve', { query: 'apple' }, { 'x-request-id': 'mine-1' })
  expect(found).toMatchObject({
    status: 200,
    body: {
      matches: [{ id: 'a-guide#0', text: 'apple', documentId: 'a-guide', source: 'x.md', metadata: { year: 2026 } }],
      usage: { embeddingTokens: 1 },
      route: { tier: 'standard', generation: 1 },
      requestId: 'mine-1',
    },
  })
  expect(await put('pear')).toMatchObject({ status: 200, body: { status: 'updated' } })
  expect((await send(acme, 'GET /documents?limit=1')).body).toMatchObject({
    items: [{ documentId: 'a-guide', status: 'ready', chunks: 1 }],
    nextCursor: null,
  })
  expect((await send(acme, 'GET /documents/a-guide')).body).toMatchObject({ source: 'x.md', metadata: { year: 2026 } })
  expect(await send(acme, 'DELETE /documents/a-guide')).toMatchObject({ status: 204, body: {} })
  expectStatus(await send(acme, 'GET /documents/a-guide'), 404)
  expectStatus(await send(acme, 'DELETE /documents/a-guide'), 404)
})

test('vectors go in, come back, change and go', async () => {
  const values = bagOfWords('apple')
  const upsert = { vectors: [{ id: 'a', values, metadata: { n: 1 } }] }
  expect(await send(acme, 'POST /vectors/upsert', upsert)).toMatchObject({ status: 200, body: { upsertedCount: 1 } })
  expect(await send(acme, 'POST /vectors/update', { id: 'a', setMetadata: { m: 2 } })).toMatchObject({
    status: 200,
    body: {},
  })
  expect((await send(acme, 'POST /vectors/fetch', { ids: ['a', 'b'] })).body).toMatchObject({
    vectors: { a: { id: 'a', metadata: { n: 1, m: 2 } } },
  })
  const absent = await send(acme, 'POST /vectors/update', { id: 'b', setMetadata: { m: 2 } })
  expect(absent).toMatchObject({ status: 200, body: {} })
  expect((await send(acme, 'POST /vectors/fetch', { ids: ['b'] })).body).toEqual({ vectors: {} })
  expect(await send(acme, 'POST /vectors/delete', { deleteAll: true })).toMatchObject({ status: 200, body: {} })
  expect((await send(acme, 'POST /vectors/fetch', { ids: ['a'] })).body).toEqual({ vectors: {} })
})

test('the same question again is answered from the cache, each answer with its own request id', async () => {
  await send(acme, 'PUT /documents/guide', { text: 'apple "quoted"' })
  const ask = (requestId: string, headers = {}) =>
    send(acme, 'POST /retrieve', { query: ' apple ' }, { 'x-request-id': requestId, ...headers })
  const [first, second] = [await ask('one'), await ask('two')]
  expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['miss', 'hit'])
  expect(second.body).toEqual({ ...first.body, requestId: 'two' })
  const bypassing = await ask('three', { 'cache-control': 'no-cache' })
  expect(bypassing.headers.get('x-cache')).toBe('bypass')
  expect(bypassing.body.matches).toEqual(first.body.matches)
  expect((await ask('four')).headers.get('x-cache')).toBe('hit')
  expect(second.headers.get('cache-control')).toBe('private, no-store')
})

test('a warm cache gives another tenant, or other groups, nothing of it', async () => {
  await send(acme, 'PUT /documents/guide', { text: 'apple', metadata: { visibility: ['hr'] } })
  await send(other, 'PUT /documents/elsewhere', { text: 'apple' })
  const ask = (token: string) => send(token, 'POST /retrieve', { query: 'apple' })
  expect(ids(await ask(`${acme} hr`))).toEqual(['guide#0'])
  const again = await ask(`${acme} hr`)
  expect(again.headers.get('x-cache')).toBe('hit')
  for (const [token, expected] of [
    [other, ['elsewhere#0']],
    [acme, []],
    [`${acme} it`, []],
    [`${acme} hr,it`, ['guide#0']],
  ] as const) {
    const answer = await ask(token)
    expect(answer.headers.get('x-cache')).toBe('miss')
    expect(ids(answer)).toEqual(expected)
  }
})

test('a write voids the kept answers of its tenant', async () => {
  const ask = () => send(acme, 'POST /retrieve', { query: 'apple' })
  const upsert = (id: string) => ({ vectors: [{ id, values: bagOfWords('apple') }] })
  for (const [request, body, expected] of [
    ['PUT /documents/guide', { text: 'apple' }, ['guide#0']],
    ['POST /vectors/upsert', upsert('own'), ['guide#0', 'own']],
    ['DELETE /documents/guide', undefined, ['own']],
    ['POST /vectors/delete', { ids: ['own'] }, []],
  ] as const) {
    await ask()
    expect((await ask()).headers.get('x-cache')).toBe('hit')
    await send(acme, request, body)
    const after = await ask()
    expect(after.headers.get('x-cache')).toBe('miss')
    expect(ids(after).toSorted()).toEqual(expected)
  }
})

test.each<[string, object, string]>([
  ['POST /retrieve', { query: 'a', mode: 'sparse' }, 'mode'],
  ['POST /retrieve', { query: 'a', topK: 101 }, 'topK'],
  ['POST /retrieve', { query: 'a', filter: { a: { $bad: 1 } } }, 'filter.a.$bad'],
  ['POST /retrieve', { quary: 'a' }, 'quary'],
  ['PUT /documents/a%2Fb', { text: 'a' }, 'documentId'],
  ['PUT /documents/guide', { text: 'a', metadata: { _tr: 1 } }, 'metadata._tr'],
  ['PUT /documents/guide', { source: 'a' }, 'text'],
  ['POST /vectors/upsert', { vectors: [] }, 'vectors'],
  ['POST /vectors/upsert', { vectors: [{ id: 'a#1', values: bagOfWords('a') }] }, 'vectors[0].id'],
  ['POST /vectors/delete', { ids: ['a#1'] }, 'ids[0]'],
  ['POST /vectors/fetch', { ids: [] }, 'ids'],
])('%s with %j is a 400 that names the field', async (request, body, path) => {
  const answer = await send(acme, request, body)
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  expect((answer.body.faults as { path: string }[]).map((fault) => fault.path)).toContain(path)
})

test('a document that is busy says when to come back', async () => {
  await send(acme, 'PUT /documents/guide', { text: 'apple' })
  world.deps.stores.after('upsert', () => {
    throw new AppError('outcome_unknown', 'no answer')
  })
  expect(await send(acme, 'PUT /documents/guide', { text: 'pear' })).toMatchObject({
    status: 504,
    body: { code: 'outcome_unknown' },
  })
  world.deps.stores.after('upsert', undefined)
  const busy = await send(acme, 'PUT /documents/guide', { text: 'plum' })
  expect(busy).toMatchObject({ status: 409, body: { code: 'document_busy' } })
  expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(50)
})

test('documents may be larger than other bodies', async () => {
  const large = ' '.repeat(5 * 1024 * 1024)
  expectStatus(await send(acme, 'PUT /documents/guide', { text: `apple${large}` }), 201)
  expectStatus(await send(acme, 'POST /retrieve', { query: `apple${large}` }), 413)
})
