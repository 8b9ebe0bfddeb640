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
  return openAiEmbedder({ model, dimension: 8, apiKey, baseUrl: server.baseUrl, maxRetries: 2, ...options })
}

embedderContract('the OpenAI adapter', { manyTexts: 5_000 }, async () => connect())

/** The SDK waits as long as this says, so that tests are quick. */
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

  test.each([429, 500])('with %d to the end makes embedding unavailable for now', async (status) => {
    const step = { status, headers: soon }
    server.meet(step, step, step)
    const rejection = expect(connect().embed(['a'])).rejects
    await rejection.toMatchObject({ code: 'embedding_unavailable', retryAfterS: 5 })
    expect(server.seen).toHaveLength(3)
  })

  test('by not answering is given up after the time for it', async () => {
    server.meet('hang')
    const embedder = connect({ timeoutMs: 100, maxRetries: 0 })
    await expect(embedder.embed(['a'])).rejects.toMatchObject({ code: 'embedding_unavailable' })
  })

  test('in one batch of several ends the others too', async () => {
    server.meet('hang', 'hang', { status: 400 })
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
