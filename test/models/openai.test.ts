import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import { type OpenAiEmbedderOptions, openAiEmbedder } from '../../src/models/openai.ts'
import { embedderContract } from '../contracts/embedder.ts'
import { type OpenAiServer, openAiServer } from './openai-server.ts'

const apiKey = 'sk-very-secret'
let server: OpenAiServer
beforeAll(async () => {
  server = await openAiServer(8)
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => server.meet())

function connect(options: Partial<OpenAiEmbedderOptions> = {}) {
  const model = 'text-embedding-3-small'
  return openAiEmbedder({
    model,
    dimension: 8,
    apiKey,
    baseUrl: server.baseUrl,
    maxRetries: 2,
    retryBaseMs: 1,
    ...options,
  })
}

embedderContract('the OpenAI adapter', { manyTexts: 5_000 }, async () => connect())

/** Waited for as long as this says, so that tests are quick. */
const soon = { 'retry-after-ms': '1' }

describe('a request', () => {
  test('carries the key, the model and the dimension that is wanted', async () => {
    await connect().embed(['a', ''])
    expect(server.keys).toEqual([`Bearer ${apiKey}`])
    expect(server.seen).toMatchObject([{ model: 'text-embedding-3-small', dimensions: 8, input: ['a', ' '] }])
  })

  test.each<[Partial<OpenAiEmbedderOptions>, boolean]>([
    [{ model: 'text-embedding-3-large' }, true],
    [{ model: 'text-embedding-ada-002' }, false],
    [{ model: 'bge-m3' }, false],
    [{ model: 'bge-m3', sendDimension: true }, true],
    [{ sendDimension: false }, false],
  ])('of %j asks for a dimension: %s', async (options, isSent) => {
    await connect(options).embed(['a'])
    expect('dimensions' in (server.seen[0] ?? {})).toBe(isSent)
  })

  test('has at most 2,048 texts, and never more than 300,000 tokens', async () => {
    await connect().embed(Array.from({ length: 2_049 }, () => 'a'))
    expect(server.seen.map(({ input }) => input.length).toSorted((a, b) => a - b)).toEqual([1, 2_048])
    server.meet()
    await connect().embed(Array.from({ length: 100 }, () => 'x'.repeat(8_000)))
    const bytes = server.seen.map(({ input }) => input.join('').length)
    expect(bytes.reduce((sum, size) => sum + size)).toBe(800_000)
    expect(Math.max(...bytes)).toBeLessThanOrEqual(300_000)
  })
})

describe('a provider that fails', () => {
  test.each([
    ['is busy', { status: 429, headers: soon }],
    ['is down', { status: 503, headers: soon }],
  ])('and %s is asked again', async (_what, step) => {
    server.meet(step, step)
    expect((await connect().embed(['a'])).vectors).toHaveLength(1)
    expect(server.seen).toHaveLength(3)
  })

  test.each([
    [429, {}, 5],
    [500, {}, 5],
    [429, { 'retry-after-ms': '1' }, 1],
  ])('with %d and %j to the end makes embedding unavailable for %d s', async (status, headers, retryAfterS) => {
    const step = { status, headers }
    server.meet(step, step, step)
    const rejection = expect(connect().embed(['a'])).rejects
    await rejection.toMatchObject({ code: 'embedding_unavailable', retryAfterS })
    expect(server.seen).toHaveLength(3)
  })

  test('by not answering is given up after the time for it', async () => {
    server.meet('hang')
    const embedder = connect({ timeoutMs: 100, maxRetries: 0 })
    await expect(embedder.embed(['a'])).rejects.toMatchObject({ code: 'embedding_unavailable' })
  })

  test('in one batch of several ends the others too', async () => {
    server.meet('hang', 'hang', { status: 404 })
    const texts = Array.from({ length: 2_048 * 3 }, () => 'a')
    await expect(connect().embed(texts)).rejects.toMatchObject({ code: 'embedding_unavailable' })
    await server.hungUp(2)
  })

  test('and cannot be reached at all is unavailable', async () => {
    const gone = await openAiServer(8)
    await gone[Symbol.asyncDispose]()
    const embedder = connect({ baseUrl: gone.baseUrl, maxRetries: 0 })
    await expect(embedder.embed(['a'])).rejects.toMatchObject({ code: 'embedding_unavailable' })
  })

  test('because of its key or the model is a matter for the operator', async () => {
    server.meet({ status: 401, body: { error: { message: `Incorrect API key provided: ${apiKey}` } } })
    const fault = await connect()
      .embed(['a private text'])
      .catch((error: unknown) => error)
    if (!isAppError(fault, 'embedding_unavailable')) throw fault
    expect(fault.message).toContain('API key')
    expect(inspect(fault, { depth: 10 })).not.toMatch(/sk-very-secret|a private text/)
    server.meet({ status: 404, body: { error: { message: 'no such model' } } })
    await expect(connect().embed(['a'])).rejects.toThrow(/operator has to check the model/)
  })

  test('because a text is too long is a matter for the caller', async () => {
    const message = "This model's maximum context length is 8192 tokens, however you requested 9001 tokens"
    server.meet({ status: 400, body: { error: { message } } })
    await expect(connect().embed(['a'])).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test.each([
    [{ message: 'Billing hard limit has been reached', code: 'billing_hard_limit_reached' }],
    [{ message: 'You exceeded your current quota, please check your plan', type: 'insufficient_quota', code: null }],
    [{ message: 'Insufficient Balance' }],
  ])('because its account has no money, as in %j, is asked once', async (error) => {
    server.meet({ status: 429, body: { error } })
    await expect(connect().embed(['a'])).rejects.toThrow(/no quota left/)
    expect(server.seen).toHaveLength(1)
  })

  test('because its account has no quota left is not busy: it is asked once, and the operator is named', async () => {
    const error = { code: 'insufficient_quota', type: 'insufficient_quota', message: 'You exceeded your current quota' }
    server.meet({ status: 429, body: { error } })
    const fault = await connect()
      .embed(['a'])
      .catch((caught: unknown) => caught)
    if (!isAppError(fault, 'embedding_unavailable')) throw fault
    expect(fault.message).toContain('no quota left')
    expect(fault.retryAfterS).toBeUndefined()
    expect(server.seen).toHaveLength(1)
  })

  test('until a date says when to come back, within the hour', async () => {
    const later = new Date(Date.now() + 36_000_000).toUTCString()
    server.meet({ status: 429, headers: { 'retry-after': later } })
    await expect(connect().embed(['a'])).rejects.toMatchObject({ code: 'embedding_unavailable', retryAfterS: 3_600 })
    expect(server.seen).toHaveLength(1)
  })

  test('for longer than is waited for says when to come back', async () => {
    server.meet({ status: 429, headers: { 'retry-after': '120' } })
    await expect(connect().embed(['a'])).rejects.toMatchObject({ code: 'embedding_unavailable', retryAfterS: 120 })
    expect(server.seen).toHaveLength(1)
  })

  test.each<[string, unknown]>([
    ['null in a vector', [1, 2, 3, null, 5, 6, 7, 8]],
    ['text in a vector', [1, 2, 3, '4', 5, 6, 7, 8]],
    ['a vector of zeros', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['a number beyond float32', [1e300, 2, 3, 4, 5, 6, 7, 8]],
    ['NaN in base64', Buffer.from(new Float32Array(8).fill(Number.NaN).buffer).toString('base64')],
    ['no vector', null],
  ])('by giving %s is at fault itself, and not the caller', async (_what, embedding) => {
    server.meet({ status: 200, body: { data: [{ index: 0, embedding }] } })
    const rejection = expect(connect().embed(['a'])).rejects
    await rejection.toMatchObject({ code: 'embedding_unavailable', message: expect.stringContaining('answered with') })
  })

  test('by giving vectors of another dimension is named so', async () => {
    server.meet({ dimension: 3 })
    const rejection = expect(connect().embed(['a'])).rejects
    await rejection.toThrow('gives vectors of 3 dimensions where 8 are configured')
  })

  test('by giving too few vectors is named so', async () => {
    server.meet({ lose: true })
    await expect(connect().embed(['a', 'b'])).rejects.toThrow('1 vectors for 2 texts')
  })
})

test('tokens that the endpoint does not count are estimated', async () => {
  server.meet('uncounted')
  expect((await connect().embed(['12345678'])).tokens).toBe(2)
})

describe('a provider that takes fewer texts a request', () => {
  /** DashScope's words and those of text-embeddings-inference. */
  const refusals = {
    400: { error: { message: 'Value error, batch size is invalid, it should not be larger than 10.: input.contents' } },
    413: { message: 'batch size 40 > maximum allowed batch size 10', code: 413, type: 'Validation' },
    422: { message: 'batch size 40 > maximum allowed batch size 10', code: 422, type: 'Validation' },
  } as const
  const texts = Array.from({ length: 40 }, (_, at) => `section ${at}`)

  test.each([400, 413, 422] as const)('and says so with %d gets smaller ones, at once from then on', async (status) => {
    server.limit({ texts: 10, status, body: refusals[status] })
    const whole = await openAiServer(8)
    const embedder = connect({ model: 'bge-m3' })
    const found = await embedder.embed(texts)
    expect(server.seen.some(({ input }) => input.length === 40)).toBe(true)
    expect(found.vectors).toEqual((await connect({ model: 'bge-m3', baseUrl: whole.baseUrl }).embed(texts)).vectors)
    await whole[Symbol.asyncDispose]()
    server.limit({ texts: 10, status, body: refusals[status] })
    await embedder.embed(texts)
    expect(server.seen.map(({ input }) => input.length)).toEqual([10, 10, 10, 10])
  })

  test('and counts the tokens of all of them gets smaller ones', async () => {
    const message = 'The max allowed tokens per submitted batch is 120000. Your batch has 150000 tokens.'
    server.limit({ texts: 20, status: 400, body: { error: { message } } })
    expect((await connect().embed(texts)).vectors).toHaveLength(40)
  })

  test('gets them from the beginning where the limit is set', async () => {
    server.limit({ texts: 10, status: 400, body: refusals[400] })
    await connect({ maxBatch: 10 }).embed(texts.slice(0, 25))
    expect(server.seen.map(({ input }) => input.length).toSorted((a, b) => b - a)).toEqual([10, 10, 5])
  })

  test('and refuses whatever is asked is given up, and nothing is learnt from that', async () => {
    server.limit({ texts: 0, status: 400, body: { error: { message: 'no such model' } } })
    const embedder = connect()
    await expect(embedder.embed(texts)).rejects.toThrow(/operator has to check the model/)
    server.meet()
    await embedder.embed(texts)
    expect(server.seen.map(({ input }) => input.length)).toEqual([40])
  })
})

test.each([
  ['base64', 'base64'],
  ['float', 'float'],
  ['none', undefined],
] as const)('vectors are asked for as %s, and read either way', async (encoding, sent) => {
  const { vectors } = await connect({ encoding }).embed(['a'])
  expect(server.seen[0]?.encoding_format).toBe(sent)
  expect(vectors[0]).toHaveLength(8)
  const [asFloat] = (await connect({ encoding: 'float' }).embed(['a'])).vectors
  expect(vectors[0]).toEqual(asFloat)
})

test("Azure's key goes into the header api-key, and its api-version into each request", async () => {
  await connect({ keyHeader: 'api-key', baseUrl: `${server.baseUrl}?api-version=2024-10-21` }).embed(['a'])
  expect(server.keys).toEqual([undefined])
  expect(server.apiKeys).toEqual([apiKey])
  expect(server.urls).toEqual(['/v1/embeddings?api-version=2024-10-21'])
})
