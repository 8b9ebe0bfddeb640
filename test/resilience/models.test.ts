import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { chatServer } from '../models/chat-server.ts'
import { rerankServer } from '../models/rerank-server.ts'
import { embeddingsEndpoint } from '../support/embeddings-endpoint.ts'
import { expectStatus } from '../support/expect-status.ts'
import { type FaultProxy, faultProxy, oddAnswer } from '../support/fault-proxy.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { faults } from './behaviour.ts'
import { type Asks, byProxy, meet } from './sick.ts'

const quick = { CACHE_TTL_S: '0', EMBEDDING_TIMEOUT_S: '1', RERANK_TIMEOUT_S: '1', ANSWER_TIMEOUT_S: '1' }

let world: ServiceWorld
beforeAll(async () => {
  world = await ServiceWorld.open()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A replica with one sick model, a tenant on it, and a document. */
async function withTenant(id: string, env: Readonly<Record<string, string>>) {
  const replica: ServiceReplica = await world.replica({ ...quick, ...env })
  const authorization = await world.onboard(replica, id)
  const put = (name: string, text: string) =>
    replica.public({ method: 'PUT', path: `/documents/${name}`, authorization, body: { text } })
  expectStatus(await put('guide', 'The lamp 500 is red.'), 201)
  const ask = (path: string, body: object): Promise<Answer> => replica.public({ path, authorization, body })
  const isShown = async () => (await ask('/retrieve', { query: 'lamp' })).json.matches?.length === 1
  await vi.waitUntil(isShown, { timeout: 60_000 })
  return { put, ask }
}

describe('the embedding model', () => {
  let proxy: FaultProxy
  let asks: Asks<'embedder'>
  beforeAll(async () => {
    proxy = world.stack.use(await faultProxy(world.stack.use(await embeddingsEndpoint()).url))
    const env = { OPENAI_BASE_URL: proxy.url, EMBEDDING_MODEL: 'words', EMBEDDING_ENCODING: 'float' }
    const { put, ask } = await withTenant('embeds', { ...env, INDEX_PREFIX: 'words' })
    asks = {
      question: (round) => ask('/retrieve', { query: `lamp of ${round}` }),
      vector: () => ask('/retrieve', { vector: bagOfWords('lamp') }),
      document: (round) => put(`d-${round}`, `The bell of ${round} is blue.`),
    }
  })
  test.each(faults)('while it is %s, callers see what the table says', async (fault) => {
    await meet('embedder', fault, asks, ...byProxy(proxy, fault, oddAnswer))
  })
})

describe('the reranker', () => {
  let proxy: FaultProxy
  let asks: Asks<'reranker'>
  beforeAll(async () => {
    proxy = world.stack.use(await faultProxy(`${world.stack.use(await rerankServer()).url}/rerank`))
    const { ask } = await withTenant('reranks', { RERANK_URL: proxy.url })
    asks = {
      rerank: () => ask('/retrieve', { query: 'lamp', rerank: true }),
      optional: () => ask('/retrieve', { query: 'lamp', rerank: { optional: true } }),
      plain: () => ask('/retrieve', { query: 'lamp' }),
    }
  })
  test.each(faults)('while it is %s, callers see what the table says', async (fault) => {
    await meet('reranker', fault, asks, ...byProxy(proxy, fault, oddAnswer))
  })
})

describe('the answer model', () => {
  let proxy: FaultProxy
  let asks: Asks<'answerer'>
  beforeAll(async () => {
    proxy = world.stack.use(await faultProxy(world.stack.use(await chatServer()).baseUrl))
    const { ask } = await withTenant('answers', { OPENAI_BASE_URL: proxy.url, ANSWER_MODEL: 'chat' })
    asks = {
      answer: () => ask('/answer', { question: 'Which colour has the lamp?' }),
      passages: () => ask('/retrieve', { query: 'lamp' }),
    }
  })
  test.each(faults)('while it is %s, callers see what the table says', async (fault) => {
    await meet('answerer', fault, asks, ...byProxy(proxy, fault, oddAnswer))
  })
})
