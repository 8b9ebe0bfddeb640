import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { generateText, isStepCount } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { searchTool as aiSearchTool } from '../../clients/ai-sdk/search-tool.ts'
import { TenantRouterRetriever } from '../../clients/langchain/retriever.ts'
import { searchTool as mastraSearchTool } from '../../clients/mastra/search-tool.ts'
import { answerOf } from '../../clients/typescript/answer.ts'
import { createClient, type TenantRouterClient } from '../../clients/typescript/client.ts'
import { publicDocument } from '../../scripts/client-types.ts'
import { type Listener, listen } from '../../src/http/listen.ts'
import { openApiDocument } from '../../src/http/openapi/openapi.ts'
import { runCli } from '../cli/run-cli.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** Two tenants with the same document ids, the same questions and one secret word each. */
const tenants = { acme: 'Heron', globex: 'Otter' } as const
type Name = keyof typeof tenants
const names = Object.keys(tenants) as Name[]
const question = 'What is the secret word about refunds?'

let world: ServiceWorld
let replica: ServiceReplica
let listener: Listener
let folder: string
const tokens = {} as Record<Name, string>
const clients = {} as Record<Name, TenantRouterClient>

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  listener = world.stack.use(await listen(replica.services.publicApp, { host: '127.0.0.1', port: 0 }))
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-ecosystem-'))
  for (const name of names) {
    tokens[name] = (await world.onboard(replica, name)).slice('Bearer '.length)
    clients[name] = createClient({ baseUrl: listener.url, token: tokens[name] })
    for (const [documentId, visibility] of [['refunds'], ['salaries', 'hr'], [`words-of-${name}`]] as const) {
      const text = `The secret word about ${documentId} is ${tenants[name]}.`
      const metadata = visibility === undefined ? {} : { visibility: [visibility] }
      const body = { text, source: `${name}/${documentId}.md`, metadata }
      await answerOf(clients[name].PUT('/documents/{documentId}', { params: { path: { documentId } }, body }))
    }
  }
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await world[Symbol.asyncDispose]()
})

/** Expects the tenant's own refunds and nothing of the other tenant, nor of a group that the token lacks. */
function expectOnlyOwn(found: unknown, name: Name): void {
  const text = JSON.stringify(found)
  expect(text).toContain(tenants[name])
  expect(text).not.toContain('salaries')
  for (const other of names.filter((one) => one !== name)) {
    expect(text).not.toContain(tenants[other])
    expect(text).not.toContain(other)
  }
}

test('the client’s types are made from the routes that are served, but for those of the vendor’s dialect', async () => {
  const { publicRoutes } = replica.services
  const about = { title: 'tenant-router', version: '', description: '', token: 'A tenant token.' }
  const served = openApiDocument(
    publicRoutes.filter(({ pinecone }) => pinecone === undefined),
    about,
  )
  expect(JSON.parse(JSON.stringify(served))).toEqual(JSON.parse(JSON.stringify(publicDocument())))
  const whole = (await replica.public({ path: '/openapi.json' })).json
  for (const { path, method } of publicRoutes) expect(whole.paths[path]).toHaveProperty(method)
})

test.each(names)('the client of %s lists, reads and deletes its own documents', async (name) => {
  const client = clients[name]
  const path = { documentId: 'passing' }
  await answerOf(client.PUT('/documents/{documentId}', { params: { path }, body: { text: 'Passing by.' } }))
  const { items } = await answerOf(client.GET('/documents'))
  expect(items.map(({ documentId }) => documentId)).toEqual(['passing', 'refunds', `words-of-${name}`])
  await answerOf(client.DELETE('/documents/{documentId}', { params: { path } }))
  await expect(answerOf(client.GET('/documents/{documentId}', { params: { path } }))).rejects.toMatchObject({
    status: 404,
    problem: { code: 'not_found' },
  })
})

test.each(names)('a LangChain retriever of %s gives its documents, with what a citation needs', async (name) => {
  const retriever = new TenantRouterRetriever({ client: clients[name], topK: 100 })
  const documents = await retriever.invoke(question)
  expectOnlyOwn(documents, name)
  expect(documents[0]).toMatchObject({
    id: 'refunds#0',
    pageContent: `The secret word about refunds is ${tenants[name]}.`,
    metadata: { source: `${name}/refunds.md`, documentId: 'refunds', score: expect.any(Number) },
  })
  const hybrid = new TenantRouterRetriever({ client: clients[name], topK: 50, mode: 'hybrid', rerank: true })
  expectOnlyOwn(await hybrid.invoke(question), name)
  const narrowed = new TenantRouterRetriever({ client: clients[name], filter: { kind: 'none' } })
  expect(await narrowed.invoke(question)).toEqual([])
})

test.each(names)('a model of the AI SDK that uses the tool of %s is shown its passages and no others', async (name) => {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 1, text: 1, reasoning: undefined },
  }
  // A model that was talked into asking for another tenant: there is no such field, so it changes nothing.
  const input = JSON.stringify({ query: question, tenant_id: names.find((one) => one !== name) })
  const model = new MockLanguageModelV4({
    doGenerate: [
      {
        content: [{ type: 'tool-call', toolCallId: 'call-1', toolName: 'search', input }],
        finishReason: { unified: 'tool-calls', raw: undefined },
        usage,
        warnings: [],
      },
      {
        content: [{ type: 'text', text: 'Done.' }],
        finishReason: { unified: 'stop', raw: undefined },
        usage,
        warnings: [],
      },
    ],
  })
  const tools = { search: aiSearchTool(clients[name], { topK: 100 }) }
  const { text, steps } = await generateText({ model, tools, stopWhen: isStepCount(3), prompt: question })
  expect(text).toBe('Done.')
  expectOnlyOwn(
    steps.flatMap(({ toolResults }) => toolResults.map(({ output }) => output)),
    name,
  )
  expect(JSON.stringify(model.doGenerateCalls.at(-1)?.prompt)).toContain(tenants[name])
})

test.each(names)('Mastra’s tool of %s gives its passages and no others', async (name) => {
  const { id, inputSchema, execute } = mastraSearchTool(clients[name], { topK: 100 })
  expect(id).toBe('search-documents')
  expectOnlyOwn(await execute(inputSchema.parse({ query: question, tenant_id: 'globex' })), name)
})

test('an adapter says why it was refused', async () => {
  const client = createClient({ baseUrl: listener.url, token: 'nothing' })
  await expect(new TenantRouterRetriever({ client }).invoke(question)).rejects.toMatchObject({
    status: 401,
    problem: { code: 'unauthenticated' },
  })
})

test.each(names)('an agent over MCP with the token of %s searches and reads its documents only', async (name) => {
  const agent = new Client({ name: 'test', version: '1' })
  const headers = { authorization: `Bearer ${tokens[name]}`, 'x-tenant-id': 'globex' }
  await agent.connect(new StreamableHTTPClientTransport(new URL('/mcp', listener.url), { requestInit: { headers } }))
  try {
    const found = await agent.callTool({ name: 'search', arguments: { query: question, topK: 50 } })
    expectOnlyOwn(found.structuredContent, name)
    const read = await agent.callTool({ name: 'get_document', arguments: { documentId: 'refunds' } })
    expectOnlyOwn(read.structuredContent, name)
    const hidden = await agent.callTool({ name: 'get_document', arguments: { documentId: 'salaries' } })
    expect(hidden.isError).toBe(true)
  } finally {
    await agent.close()
  }
})

test.each(names)('Dify with the token of %s finds that tenant’s knowledge by its id and no other', async (name) => {
  const ask = (knowledge_id: string) =>
    replica.public({
      path: '/retrieval',
      authorization: `Bearer ${tokens[name]}`,
      headers: { 'x-request-id': 'r' },
      body: { knowledge_id, query: question, retrieval_setting: { top_k: 100, score_threshold: 0 } },
    })
  expectOnlyOwn((await ask(name)).json, name)
  const absent = await ask('nobody')
  expect(absent.json).toMatchObject({ status: 404, error_code: 2001 })
  for (const other of names.filter((one) => one !== name)) expect((await ask(other)).text).toBe(absent.text)
})

test('staff give a tenant’s knowledge another name in Dify, which holds for that tenant alone', async () => {
  const platform = await world.issuer.staff('platform')
  const attributes = { difyKnowledgeId: 'knowledge-7' }
  await replica.admin({ method: 'PATCH', path: '/tenants/acme', authorization: platform, body: { attributes } })
  const ask = (name: Name) =>
    replica.public({
      path: '/retrieval',
      authorization: `Bearer ${tokens[name]}`,
      body: { knowledge_id: 'knowledge-7', query: question, retrieval_setting: { top_k: 3, score_threshold: 0 } },
    })
  expectOnlyOwn((await ask('acme')).json, 'acme')
  expect((await ask('globex')).json).toMatchObject({ error_code: 2001 })
})

test.each(names)('an evaluation with the token of %s finds nothing of the other tenant', async (name) => {
  const set = join(folder, `${name}.json`)
  await writeFile(
    set,
    JSON.stringify(names.map((one) => ({ question: `words of ${one}`, documentId: `words-of-${one}` }))),
  )
  const env = { TENANT_ROUTER_PUBLIC_URL: listener.url, TENANT_ROUTER_TENANT_TOKEN: tokens[name] }
  const run = await runCli(['eval', '--tenant', name, '--set', set, '--k', '50', '--json'], env)
  expect([run.code, run.err]).toEqual([0, ''])
  const missed = names.filter((one) => one !== name).map((one) => `words of ${one}`)
  const half = { recall: { 50: 0.5 }, missed }
  expect(JSON.parse(run.out)).toMatchObject({
    tenantId: name,
    modes: [
      { mode: 'dense', ...half },
      { mode: 'hybrid', ...half },
      { mode: 'reranked', ...half },
    ],
  })
})
