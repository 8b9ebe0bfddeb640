import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import type { AnswerPart, AnswerTask } from '../../src/models/answerer.ts'
import { type OpenAiAnswererOptions, openAiAnswerer } from '../../src/models/openai-answerer.ts'
import { type ChatServer, type ChatStep, chatServer } from './chat-server.ts'

const apiKey = 'sk-very-secret'
let server: ChatServer
beforeAll(async () => {
  server = await chatServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => server.meet('echo'))

const task: AnswerTask = {
  question: 'How long?',
  sources: [{ number: 1, text: 'It takes 14 days.' }],
  prompt: { system: 'the rules', user: 'the sources and the question' },
}

function connect(options: Partial<OpenAiAnswererOptions> = {}) {
  return openAiAnswerer({ model: 'chat-1', apiKey, baseUrl: server.baseUrl, retryBaseMs: 1, ...options })
}

async function write(options: Partial<OpenAiAnswererOptions> = {}, signal?: AbortSignal): Promise<AnswerPart[]> {
  const parts: AnswerPart[] = []
  for await (const part of await connect(options).write(task, signal ? { signal } : {})) parts.push(part)
  return parts
}

const patient = { timeout: 60_000 }

test('the model is sent the rules and the sources apart, the key, and a wish for a stream with its usage', async () => {
  await write()
  expect(server.keys).toEqual([`Bearer ${apiKey}`])
  expect(server.seen).toEqual([
    {
      model: 'chat-1',
      messages: [
        { role: 'system', content: 'the rules' },
        { role: 'user', content: 'the sources and the question' },
      ],
      stream: true,
      stream_options: { include_usage: true },
    },
  ])
})

test('the words come as they were said, and last how it ended and what it took', async () => {
  server.meet({ words: ['It takes ', '14 days [1].'] })
  expect(await write()).toEqual([
    { text: 'It takes ' },
    { text: '14 days [1].' },
    { finish: 'stop', usage: { promptTokens: 90, completionTokens: 7 } },
  ])
})

test.each([
  ['length', 'length'],
  ['content_filter', 'content_filter'],
  ['tool_calls', 'stop'],
])('the reason to finish %s is told as %s', async (finish, told) => {
  server.meet({ words: ['It'], end: { finish } })
  expect((await write()).at(-1)).toMatchObject({ finish: told })
})

describe('a model that fails', () => {
  const busy: ChatStep = { status: 429, headers: { 'retry-after': '0' } }
  const down: ChatStep = { status: 500 }

  test.each([
    ['is busy', busy],
    ['is down', down],
  ])('and %s is asked again', async (_what, step) => {
    server.meet(step, step, { words: ['It'] })
    expect((await write())[0]).toEqual({ text: 'It' })
    expect(server.seen.length).toBe(3)
  })

  test('is not asked for ever', async () => {
    server.meet(down)
    await expect(write({ maxRetries: 1 })).rejects.toMatchObject({ code: 'answer_unavailable' })
    expect(server.seen.length).toBe(2)
  })

  test('and asks for more time than a caller has is not waited for; the answer says how long', async () => {
    server.meet({ status: 429, headers: { 'retry-after': '17' } })
    await expect(write()).rejects.toMatchObject({ code: 'answer_unavailable', retryAfterS: 17 })
    expect(server.seen.length).toBe(1)
  })

  test('and names a date to come back at, likewise', async () => {
    server.meet({ status: 503, headers: { 'retry-after': new Date(Date.now() + 600_000).toUTCString() } })
    const fault: unknown = await write().catch((error: unknown) => error)
    expect(isAppError(fault, 'answer_unavailable') && (fault.retryAfterS ?? 0)).toBeGreaterThan(300)
  })

  test.each([
    [401, 'API key'],
    [404, 'ANSWER_MODEL'],
    [400, 'ANSWER_MODEL'],
  ])('with %i is not asked again, and its operator is told what to look at: %s', async (status, hint) => {
    server.meet({ status, body: { error: { message: `bad request with ${apiKey}` } } })
    const fault: unknown = await write().catch((error: unknown) => error)
    expect(fault).toMatchObject({ code: 'answer_unavailable', message: expect.stringContaining(hint) })
    expect(inspect(fault, { depth: 10 })).not.toContain(apiKey)
    expect(server.seen.length).toBe(1)
  })

  test('because the sources are too long says so', async () => {
    server.meet({ status: 400, body: { error: { message: "This model's maximum context length is 4096 tokens." } } })
    await expect(write()).rejects.toThrow('topK')
  })

  test.each(['cut', 'early', 'error'] as const)('in the middle (%s) is no end', async (end) => {
    server.meet({ words: ['It takes '], end })
    const said: AnswerPart[] = []
    const reading = async () => {
      for await (const part of await connect().write(task)) said.push(part)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'answer_unavailable' })
    expect(said).toEqual([{ text: 'It takes ' }])
  })

  test('because nothing listens is reported in plain words', async () => {
    const closed = await chatServer()
    await closed[Symbol.asyncDispose]()
    await expect(write({ baseUrl: closed.baseUrl, maxRetries: 1 })).rejects.toMatchObject({
      code: 'answer_unavailable',
    })
  })

  test('to answer at all in time is let go', async () => {
    server.meet('hang')
    await expect(write({ silenceMs: 500 })).rejects.toThrow('too long')
    await expect.poll(() => server.letGo, patient).toBe(server.seen.length)
  })

  test('by falling silent in the middle is let go', async () => {
    server.meet({ words: ['It takes '], end: 'silence' })
    await expect(write({ silenceMs: 500 })).rejects.toThrow('too long')
    await expect.poll(() => server.letGo, patient).toBe(server.seen.length)
  })
})

describe('a caller who disconnects', () => {
  test('before a word ends the request', async () => {
    server.meet('hang')
    const caller = new AbortController()
    const writing = write({}, caller.signal)
    await expect.poll(() => server.seen.length, patient).toBe(1)
    caller.abort(new Error('gone'))
    await expect(writing).rejects.toThrow('gone')
    await expect.poll(() => server.letGo, patient).toBe(1)
  })

  test('in the middle ends the request, and hears no end', async () => {
    server.meet({ words: ['It takes '], end: 'silence' })
    const caller = new AbortController()
    const reading = async () => {
      for await (const _part of await connect().write(task, { signal: caller.signal })) caller.abort(new Error('gone'))
    }
    await expect(reading()).rejects.toThrow('gone')
    await expect.poll(() => server.letGo, patient).toBe(1)
  })

  test('by no longer reading ends the request', async () => {
    server.meet({ words: ['It takes '], end: 'silence' })
    for await (const _part of await connect().write(task)) break
    await expect.poll(() => server.letGo, patient).toBe(1)
  })

  test('after the service has ended is refused as shutting down', async () => {
    server.meet({ words: ['It takes '], end: 'silence' })
    const answerer = connect()
    const reading = async () => {
      for await (const _part of await answerer.write(task)) await answerer[Symbol.asyncDispose]()
    }
    await expect(reading()).rejects.toMatchObject({ code: 'shutting_down' })
  })
})
