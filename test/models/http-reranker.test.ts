import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type HttpRerankerOptions, httpReranker } from '../../src/models/http-reranker.ts'
import { lexicalReranker } from '../../src/models/lexical-reranker.ts'
import { type RerankServer, rerankServer } from './rerank-server.ts'

let server: RerankServer
beforeAll(async () => {
  server = await rerankServer()
})
beforeEach(() => server.meet())
afterAll(() => server[Symbol.asyncDispose]())

const paths = { cohere: '/v2/rerank', jina: '/v1/rerank', tei: '/rerank' } as const
const shapes = Object.keys(paths) as (keyof typeof paths)[]
const reranker = (shape: keyof typeof paths, options: Partial<HttpRerankerOptions> = {}) =>
  httpReranker({
    url: server.url + paths[shape],
    shape,
    model: 'judge-1',
    apiKey: 'key-of-the-test',
    retryBaseMs: 1,
    ...options,
  })
const texts = ['text 100', 'text 900', 'text 500']
const scores = [0.1, 0.9, 0.5]

test.each(shapes)(
  'an endpoint of the shape %s is asked as it wants, and its scores come in the texts’ order',
  async (shape) => {
    expect(await reranker(shape).rerank('which?', texts)).toEqual(scores)
    const request = server.seen.at(-1)
    expect(request).toMatchObject({ path: paths[shape], authorization: 'Bearer key-of-the-test' })
    const { body } = request ?? {}
    if (shape === 'tei') expect(body).toEqual({ query: 'which?', texts, truncate: true, raw_scores: false })
    else expect(body).toMatchObject({ model: 'judge-1', query: 'which?', documents: texts, top_n: 3 })
    expect(body?.return_documents).toBe(shape === 'jina' ? false : undefined)
  },
)

test.each(shapes)('%s: a 429, a 500 and a lost connection are tried again', async (shape) => {
  for (const step of [{ status: 429, headers: { 'retry-after': '0' } }, { status: 500 }, 'lose'] as const) {
    server.meet(step)
    const before = server.seen.length
    expect(await reranker(shape).rerank('which?', texts)).toEqual(scores)
    expect(server.seen.length - before).toBe(2)
  }
})

test.each(shapes)('%s: one that keeps failing is unavailable, after so many attempts', async (shape) => {
  server.meet(...Array.from({ length: 9 }, () => ({ status: 503 })))
  const before = server.seen.length
  const failing = reranker(shape, { maxRetries: 2 }).rerank('which?', texts)
  await expect(failing).rejects.toMatchObject({ code: 'rerank_unavailable', message: expect.stringContaining('busy') })
  expect(server.seen.length - before).toBe(3)
})

test('one that asks for a longer pause than a caller waits is unavailable at once', async () => {
  server.meet({ status: 429, headers: { 'retry-after': '60' } })
  const before = server.seen.length
  await expect(reranker('tei').rerank('which?', texts)).rejects.toMatchObject({ code: 'rerank_unavailable' })
  expect(server.seen.length - before).toBe(1)
})

test.each([401, 403, 404, 422])('a %i is not tried again, and says what to look at', async (status) => {
  server.meet({ status, body: { error: 'no key-of-the-test' } })
  const before = server.seen.length
  const refused = await reranker('cohere')
    .rerank('which?', texts)
    .catch((error: Error) => error)
  expect(refused).toMatchObject({ code: 'rerank_unavailable', message: expect.stringContaining('RERANK_URL') })
  expect(String((refused as Error).cause)).not.toContain('key-of-the-test')
  expect(server.seen.length - before).toBe(1)
})

test.each<[string, unknown]>([
  ['too few scores', { results: [{ index: 0, relevance_score: 1 }] }],
  ['a score that is no number', { results: texts.map((_, index) => ({ index, relevance_score: null })) }],
  ['another shape', [{ index: 0, score: 1 }]],
  ['nothing', {}],
])('an answer with %s is no answer', async (_, body) => {
  server.meet({ status: 200, body })
  await expect(reranker('cohere').rerank('which?', texts)).rejects.toMatchObject({ code: 'rerank_unavailable' })
})

test('a slow one is given up', async () => {
  server.meet('hang')
  const slow = reranker('jina', { timeoutMs: 50, maxRetries: 0 }).rerank('which?', texts)
  await expect(slow).rejects.toMatchObject({ code: 'rerank_unavailable' })
})

test('a caller who disconnects ends the call with its own reason', async () => {
  server.meet('hang')
  const gone = new AbortController()
  const before = server.seen.length
  const call = reranker('tei', { timeoutMs: 60_000 }).rerank('which?', texts, { signal: gone.signal })
  const outcome = expect(call).rejects.toThrow('gone away')
  await expect.poll(() => server.seen.length, { timeout: 60_000 }).toBe(before + 1)
  gone.abort(new Error('gone away'))
  await outcome
  await server.hungUp()
})

test('more texts than TEI takes at once are judged in several requests, each score at its text', async () => {
  const many = Array.from({ length: 70 }, (_, at) => `text ${at}`)
  const before = server.seen.length
  expect(await reranker('tei').rerank('which?', many)).toEqual(many.map((_, at) => at / 1000))
  expect(server.seen.slice(before).map(({ body }) => (body.texts as string[]).length)).toEqual([32, 32, 6])
})

test('a score below nothing counts as nothing, so that what can’t be judged is never before what was', async () => {
  server.meet({ status: 200, body: texts.map((_, index) => ({ index, score: -3 })) })
  expect(await reranker('tei').rerank('which?', texts)).toEqual([0, 0, 0])
})

test('without an endpoint words alone rerank, and it says so', async () => {
  expect(lexicalReranker.name).toBe('lexical')
  const [apples, refund] = await lexicalReranker.rerank('refund', ['apples', 'a refund'])
  expect(apples).toBe(0)
  expect(refund).toBeGreaterThan(0)
})
