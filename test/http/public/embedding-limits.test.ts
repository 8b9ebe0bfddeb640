import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Embedder } from '../../../src/models/embedder.ts'
import { openAiEmbedder } from '../../../src/models/openai.ts'
import { type OpenAiServer, openAiServer } from '../../models/openai-server.ts'
import { expectStatus } from '../../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

let world: ServiceWorld
let provider: OpenAiServer
let replica: ServiceReplica
let acme: string
/** Knows no limit yet. */
let fresh: Embedder

beforeAll(async () => {
  provider = await openAiServer(64)
  world = await ServiceWorld.open()
  world.local.local.setFaults({ lagMs: 20 })
  fresh = connect()
  const embedder: Embedder = { ...fresh, embed: (texts, options) => fresh.embed(texts, options) }
  replica = await world.replica({}, { embedder })
  acme = await world.onboard(replica, 'acme')
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

function connect(): Embedder {
  return openAiEmbedder({ model: 'hash', dimension: 64, baseUrl: provider.baseUrl })
}

const sections = Array.from({ length: 40 }, (_, at) => `# Section ${at}\n\n${`The lamp ${at} is red. `.repeat(40)}`)

test.each([
  [10, 400, { error: { message: 'batch size is invalid, it should not be larger than 10.: input.contents' } }],
  [32, 413, { message: 'batch size 40 > maximum allowed batch size 32', code: 413, type: 'Validation' }],
  [32, 422, { message: 'batch size 40 > maximum allowed batch size 32', code: 422, type: 'Validation' }],
])('a document is stored by a provider that takes %d texts and says so with %d', async (texts, status, body) => {
  fresh = connect()
  provider.limit({ texts, status, body })
  const text = sections.join('\n\n')
  const stored = await replica.public({
    method: 'PUT',
    path: `/documents/d-${texts}-${status}`,
    authorization: acme,
    body: { text },
  })
  expectStatus(stored, 201)
  expect(stored.json.chunks).toBeGreaterThanOrEqual(40)
  const sizes = provider.seen.map(({ input }) => input.length)
  expect(Math.max(...sizes)).toBeGreaterThanOrEqual(40)
  expect(sizes.filter((size) => size <= texts).reduce((sum, size) => sum + size)).toBe(stored.json.chunks)
})

test('a vector of zeros is the fault of the provider: 503, not 400', async () => {
  provider.meet({ status: 200, body: { data: [{ index: 0, embedding: Array.from({ length: 64 }, () => 0) }] } })
  const answer = await replica.public({ path: '/retrieve', authorization: acme, body: { query: 'lamp' } })
  expect([answer.status, answer.json.code]).toEqual([503, 'embedding_unavailable'])
})
