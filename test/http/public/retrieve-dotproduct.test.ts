import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RerankServer, rerankServer } from '../../models/rerank-server.ts'
import { expectStatus } from '../../support/expect-status.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

let world: ServiceWorld
let reranker: RerankServer
let replica: ServiceReplica
let acme: string
let platform: string

beforeAll(async () => {
  reranker = await rerankServer()
  world = await ServiceWorld.open()
  const env = { INDEX_METRIC: 'dotproduct', RERANK_URL: `${reranker.url}/v1/rerank`, RERANK_MODEL: 'judge-1' }
  replica = await world.replica(env)
  platform = await world.issuer.staff('platform')
  acme = await world.onboard(replica, 'acme')
  for (const [documentId, text] of [
    ['one', 'Part 100 is a lamp.'],
    ['two', 'Part 900 is a bell.'],
  ] as const) {
    const put = { method: 'PUT', path: `/documents/${documentId}`, authorization: acme, body: { text } }
    expectStatus(await replica.public(put), 201)
  }
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await reranker[Symbol.asyncDispose]()
})

const hybrid = (): Promise<Answer> =>
  replica.public({
    path: '/retrieve',
    authorization: acme,
    headers: { 'cache-control': 'no-cache' },
    body: { query: 'Which part is a bell?', mode: 'hybrid' },
  })

test('new indexes take words, also for a service whose new indexes have another metric', async () => {
  const answer = await hybrid()
  expect(answer.json.search).toEqual({ mode: 'hybrid', lexical: 'store', score: 'fused' })
  expect(answer.json.matches[0]).toMatchObject({ documentId: 'two', scores: { sparse: expect.any(Number) } })
  const later = await world.replica({ INDEX_METRIC: 'cosine' })
  const body = { query: 'Which part is a bell?', mode: 'hybrid' }
  const { json } = await later.public({ path: '/retrieve', authorization: acme, body })
  expect(json.search).toEqual({ mode: 'hybrid', lexical: 'store', score: 'fused' })
})

test('the configured cross-encoder reranks, and is named', async () => {
  const body = { query: 'lamp', rerank: true, topK: 1 }
  const { json } = await replica.public({ path: '/retrieve', authorization: acme, body })
  expect(json.search).toEqual({ mode: 'dense', reranker: 'judge-1', score: 'rerank' })
  expect(json.matches).toMatchObject([{ documentId: 'two', score: 0.9, scores: { rerank: 0.9 } }])
})

test('an unavailable one is a 503 with its own code and a Retry-After', async () => {
  reranker.meet({ status: 401 })
  const body = { query: 'bell', rerank: true }
  const answer = await replica.public({ path: '/retrieve', authorization: acme, body })
  expect([answer.status, answer.json.code]).toEqual([503, 'rerank_unavailable'])
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('a tenant that moves to an index of its own is found by its words there too', async () => {
  const before = await hybrid()
  const tag = { method: 'PATCH', path: '/tenants/acme', authorization: platform, body: { tier: 'enterprise' } }
  expectStatus(await replica.admin(tag), 200)
  const body = { kind: 'promote' }
  const started = await replica.admin({ path: '/tenants/acme/moves', authorization: platform, body })
  expectStatus(started, 202)
  const move = { path: `/moves/${started.json.id}`, authorization: platform }
  const done = async () => (await replica.admin(move)).json.state
  await expect.poll(done, { timeout: 60_000, interval: 100 }).toMatch(/soaking|completing|completed/)
  const after = await hybrid()
  expect(after.json.route).toEqual({ tier: 'enterprise', generation: 2 })
  const worded = ({ json }: Answer) =>
    json.matches.map(({ id, scores }: { id: string; scores: object }) => [id, 'sparse' in scores])
  expect(worded(after)).toEqual(worded(before))
})
