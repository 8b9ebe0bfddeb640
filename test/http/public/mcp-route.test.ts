import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { type Listener, listen } from '../../../src/http/listen.ts'
import { mcpRoute } from '../../../src/http/public/mcp-route.ts'
import { putDocument } from '../../../src/rag/documents/put-document.ts'
import { expectStatus } from '../../support/expect-status.ts'
import { principalOf, RagWorld } from '../../support/rag-world.ts'
import { type KitApp, publicApp } from '../kit-app.ts'

let world: RagWorld
let listener: Listener
let kit: KitApp
const clients: Client[] = []
const long = Array.from({ length: 400 }, (_, n) => `Sentence number ${n} of the long apple handbook.`)

beforeAll(async () => {
  world = await RagWorld.open()
  kit = publicApp([mcpRoute(world.deps)], {
    // `Bearer <tenant>/<group>`
    verify: (authorization = '') => {
      const [, id, group] = /^Bearer ([a-z]+)\/?([a-z]*)$/.exec(authorization) ?? []
      if (id === undefined) throw new AppError('unauthenticated', 'There is no token.')
      return group === 'writer'
        ? { ...principalOf(id), scopes: new Set(['rag:write'] as const) }
        : principalOf(id, ...(group ? [group] : []))
    },
  })
  listener = await listen(kit.app, { host: '127.0.0.1', port: 0 })
  await world.tenant('acme')
  await world.tenant('globex')
  const put = (tenant: string, documentId: string, text: string, metadata: object = {}) =>
    putDocument(world.deps, principalOf(tenant), { documentId, text, source: `${documentId}.md`, metadata })
  await put('acme', 'returns', '# Returns\n\nAn apple can be returned within thirty days.', { year: 2026 })
  await put('acme', 'salaries', 'Apple salaries are secret.', { visibility: ['hr'] })
  await put('acme', 'handbook', long.join(' '))
  await put('globex', 'returns', 'Apples of globex are never taken back.')
})
afterAll(async () => {
  for (const client of clients) await client.close()
  await listener[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

/** An agent's side, the official one, over HTTP. */
async function agent(token: string, mode: 'legacy' | 'auto' = 'auto'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  const headers = { authorization: `Bearer ${token}` }
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', listener.url), { requestInit: { headers } }))
  clients.push(client)
  return client
}

interface ToolAnswer {
  readonly isError: boolean
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an agent does
  readonly json: any
}

async function use(client: Client, name: string, input: Record<string, unknown>): Promise<ToolAnswer> {
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: input })
  const [first] = content
  return { isError: isError === true, text: first?.type === 'text' ? first.text : '', json: structuredContent }
}

/** Posts as a script without the SDK does. */
function post(body: unknown, headers: Record<string, string> = { authorization: 'Bearer acme' }): Promise<Response> {
  return fetch(new URL('/mcp', listener.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

test.each(['legacy', 'auto'] as const)('an agent (%s) finds the two tools, and both only read', async (mode) => {
  const client = await agent('acme', mode)
  expect(client.getProtocolEra()).toBe(mode === 'auto' ? 'modern' : 'legacy')
  const { tools } = await client.listTools()
  expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([
    ['search', true],
    ['get_document', true],
  ])
  const fields = tools.flatMap(({ inputSchema }) => Object.keys(inputSchema.properties ?? {}))
  expect(fields).toEqual(['query', 'topK', 'filter', 'minScore', 'mode', 'documentId', 'fromChunk'])
})

test.each(['legacy', 'auto'] as const)('an agent (%s) searches, and reads what it found', async (mode) => {
  const client = await agent('acme', mode)
  const { json, text } = await use(client, 'search', { query: 'return an apple thirty days', topK: 1 })
  expect(json).toEqual({
    matches: [
      {
        id: 'returns#0',
        documentId: 'returns',
        source: 'returns.md',
        metadata: { year: 2026 },
        score: expect.any(Number),
        text: expect.stringContaining('thirty days'),
        position: expect.objectContaining({ heading: 'Returns' }),
      },
    ],
  })
  expect(JSON.parse(text)).toEqual(json)
  const read = await use(client, 'get_document', { documentId: 'returns' })
  expect(read.json).toEqual({
    documentId: 'returns',
    source: 'returns.md',
    metadata: { year: 2026 },
    chunks: 1,
    nextChunk: null,
    text: expect.stringContaining('An apple can be returned within thirty days.'),
  })
})

test('a page of another origin gets nothing', async () => {
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
  const answer = await post(call, { authorization: 'Bearer acme', origin: 'https://evil.example' })
  expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ code: 'origin_refused' })])
  expectStatus(await post(call), 200)
})

test('a long document comes whole, each sentence once and in its order', async () => {
  const { json } = await use(await agent('acme'), 'get_document', { documentId: 'handbook' })
  expect(json.chunks).toBeGreaterThan(1)
  expect(json.text.match(/Sentence number \d+ of the long apple handbook\./g)).toEqual(long)
  const last = json.chunks - 1
  const part = await use(await agent('acme'), 'get_document', { documentId: 'handbook', fromChunk: last })
  expect(part.json).toMatchObject({ nextChunk: null, text: expect.stringContaining(long.at(-1) ?? '') })
  expect(part.json.text).not.toContain(long[0])
})

test('words are looked for too when the agent asks for it', async () => {
  const client = await agent('acme')
  const { json } = await use(client, 'search', { query: 'thirty days', mode: 'hybrid', topK: 1 })
  expect(json.matches).toMatchObject([{ id: 'returns#0' }])
})

test('a filter narrows, and the model is shown the fault of a wrong one', async () => {
  const client = await agent('acme')
  const narrow = await use(client, 'search', { query: 'apple', filter: { year: { $lt: 2000 } } })
  expect(narrow.json).toEqual({ matches: [] })
  const wrong = await use(client, 'search', { query: 'apple', filter: { year: { $near: 1 } } })
  expect(wrong).toMatchObject({ isError: true, text: expect.stringContaining('filter.year.$near') })
})

test('groups decide what both tools show', async () => {
  const everyone = await agent('acme')
  const hr = await agent('acme/hr')
  const ids = ({ json }: ToolAnswer) => json.matches.map(({ documentId }: { documentId: string }) => documentId)
  const filter = { visibility: { $in: ['hr'] } }
  expect(ids(await use(hr, 'search', { query: 'salaries', filter }))).toEqual(['salaries'])
  expect(ids(await use(everyone, 'search', { query: 'salaries', filter }))).toEqual([])
  expect((await use(hr, 'get_document', { documentId: 'salaries' })).json.text).toContain('secret')
  const hidden = await use(everyone, 'get_document', { documentId: 'salaries' })
  const absent = await use(everyone, 'get_document', { documentId: 'nothing' })
  const words = ({ text }: ToolAnswer) => text.replace(/request [^)]+/, '')
  expect([hidden.isError, words(hidden)]).toEqual([true, words(absent)])
  expect(hidden.text).toContain('not_found')
})

test('an agent of one tenant gets nothing of another, whatever tenant it names', async () => {
  const client = await agent('acme')
  for (const more of [{}, { tenant_id: 'globex' }, { index: 'tr-pool-1', tenantId: 'globex' }]) {
    const found = await use(client, 'search', { query: 'apples of globex', topK: 50, ...more })
    const read = await use(client, 'get_document', { documentId: 'returns', ...more })
    expect(found.text + read.text).not.toContain('never taken back')
    expect(read.text).toContain('thirty days')
  }
  expect(kit.lines.filter(({ names }) => names !== undefined)).toMatchObject([
    ...[['tenant_id'], ['tenant_id'], ['index', 'tenantId'], ['index', 'tenantId']].map((names) => ({
      tenantId: 'acme',
      path: '/mcp',
      names,
    })),
  ])
  const elsewhere = use(client, 'search', { query: 'apples', namespace: 'tenant_globex_g1' })
  await expect(elsewhere).rejects.toThrow('namespace: names a place')
})

test('a script needs no session, no handshake and no Accept', async () => {
  const params = { name: 'search', arguments: { query: 'thirty days', topK: 1 } }
  const response = await post({ jsonrpc: '2.0', id: 7, method: 'tools/call', params })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect(await response.json()).toMatchObject({
    id: 7,
    result: { structuredContent: { matches: [{ id: 'returns#0' }] } },
  })
  expectStatus(await post({ jsonrpc: '2.0', method: 'notifications/initialized' }), 202)
  const unknown = await post({ jsonrpc: '2.0', id: 8, method: 'tools/melt' })
  expect(await unknown.json()).toMatchObject({ id: 8, error: { code: -32601 } })
})

test('without a good token, with another scope or method, the listener refuses as it does everywhere', async () => {
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
  expectStatus(await post(ping, {}), 401)
  expectStatus(await post(ping, { authorization: 'Bearer acme/writer' }), 403)
  expectStatus(await post([ping]), 400)
  expectStatus(await post({ id: 1, method: 'ping' }), 400)
  const url = new URL('/mcp', listener.url)
  expectStatus(await fetch(url, { headers: { authorization: 'Bearer acme' } }), 405)
})

test('no stream is opened, for there is nothing to subscribe to', async () => {
  const client = await agent('acme')
  await expect(client.listen({ toolsListChanged: true })).rejects.toThrow()
})
