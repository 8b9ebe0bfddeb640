import { createServer } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newExchange, transport } from '../../src/stores/transport.ts'
import { type ScriptedServer, type Step, scriptedServer } from './scripted-server.ts'
import { placeAt, scriptedStore } from './scripted-store.ts'

const records = [{ id: 'a', values: [1, 0] }]
const query = { vector: [1, 0], topK: 1 }
const busy: Step = { status: 429, body: { code: 8, message: 'slow down' } }
const down: Step = { status: 503, body: { code: 14, message: 'down' } }

/** A busy machine answers late: only what hangs may be given up, or attempts are made that the server is not to see. */
function patienceFor(...steps: readonly Step[]) {
  const ms = steps.includes('hang') ? 1_000 : 20_000
  return { timeouts: { readMs: ms, writeMs: ms } }
}

describe('against a server that fails by script', () => {
  let server: ScriptedServer
  beforeAll(async () => {
    server = await scriptedServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())
  beforeEach(() => server.script({}))

  test.each([1, 3])('the SDK adds no attempts of its own to our %d', async (attempts) => {
    server.script(down)
    const { tenant } = scriptedStore(server.url, { retry: { attempts } })
    await expect(tenant.query(query)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(server.seen).toHaveLength(attempts)
    await expect(tenant.upsert(records)).rejects.toMatchObject({ code: 'outcome_unknown' })
    expect(server.seen).toHaveLength(attempts * 2)
  })

  test.each<[string, Step]>([
    ['a 429', busy],
    ['a 503', down],
    ['a reset', 'reset'],
    ['no answer in time', 'hang'],
    ['half an answer', 'cut'],
  ])('a read goes on after %s', async (_what, step) => {
    server.script(step, { body: { matches: [{ id: 'a', score: 1 }] } })
    const { tenant, calls } = scriptedStore(server.url, patienceFor(step))
    expect((await tenant.query(query)).matches).toEqual([{ id: 'a', score: 1 }])
    expect(calls).toMatchObject([{ op: 'query', outcome: 'ok', status: 200, attempts: 2 }])
  })

  test.each<[string, Step]>([
    ['a 503', down],
    ['a reset', 'reset'],
    ['no answer in time', 'hang'],
    ['half an answer', 'cut'],
  ])('a write that succeeds after %s says that the first attempt may still land', async (_what, step) => {
    server.script(step, { headers: { 'x-pinecone-request-lsn': '7' } })
    const { tenant } = scriptedStore(server.url, patienceFor(step))
    expect(await tenant.upsert(records)).toEqual({ lsn: 7, doubtful: true })
    server.script(step, {})
    expect(await tenant.deleteIds(['a'])).toEqual({ doubtful: true })
    expect(server.seen).toHaveLength(2)
  })

  test('a write refused with 429 first was not done then, so it is not doubtful', async () => {
    server.script(busy, {})
    const { tenant, calls } = scriptedStore(server.url)
    expect(await tenant.upsert(records)).toEqual({})
    expect(calls).toMatchObject([{ outcome: 'ok', attempts: 2, refusals: 1 }])
  })

  test.each<[string, readonly Step[], string]>([
    ['429 alone', [busy], 'store_busy'],
    ['5xx alone', [down], 'outcome_unknown'],
    ['resets', ['reset'], 'outcome_unknown'],
    ['no answer', ['hang'], 'outcome_unknown'],
    ['no answer, then 429', ['hang', busy], 'outcome_unknown'],
    ['no answer, then a refusal', ['hang', { status: 400, body: { message: 'bad' } }], 'outcome_unknown'],
    ['a page of something else', [{ body: '<html>' }], 'outcome_unknown'],
  ])('a write that ends in %s is %s', async (_what, steps, code) => {
    server.script(...steps)
    const { tenant, calls } = scriptedStore(server.url, patienceFor(...steps))
    await expect(tenant.upsert(records)).rejects.toMatchObject({ code })
    expect(calls).toMatchObject([{ op: 'upsert', outcome: code }])
  })

  test('a read that meets a page of something else says that the store is unavailable', async () => {
    server.script({ body: '<html>' })
    await expect(scriptedStore(server.url).tenant.query(query)).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  test('a Retry-After beyond the deadline reaches the caller at once', async () => {
    server.script({ ...busy, headers: { 'Retry-After': '3600' } })
    const rejection = expect(scriptedStore(server.url).tenant.query(query)).rejects
    await rejection.toMatchObject({ code: 'store_busy', retryAfterS: 3600 })
    expect(server.seen).toHaveLength(1)
  })

  test('no attempt begins after the deadline of all of them', async () => {
    server.script('hang')
    const { tenant } = scriptedStore(server.url, { retry: { attempts: 100, readDeadlineMs: 250, baseMs: 1 } })
    await expect(tenant.query(query)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(server.seen.length).toBeLessThan(5)
  })

  test('making a namespace that an earlier attempt made finds it there', async () => {
    server.script('reset', { status: 409, body: { code: 6, message: 'namespace exists' } })
    expect(await scriptedStore(server.url).tenant.createNamespace()).toBe('exists')
  })

  describe('a signal that ends a call under way', () => {
    const reason = new Error('the caller left')

    test('gives its reason to a reader, and the connection is closed', async () => {
      await using own = await scriptedServer()
      own.script('hang')
      const controller = new AbortController()
      const { tenant, calls } = scriptedStore(own.url, { timeouts: { readMs: 60_000 } })
      const answer = expect(tenant.query(query, { signal: controller.signal })).rejects.toBe(reason)
      await own.reached(1)
      controller.abort(reason)
      await answer
      await own.clientLeft
      expect(own.seen).toHaveLength(1)
      expect(calls).toMatchObject([{ outcome: 'aborted' }])
    })

    test('leaves the fate of a write unknown', async () => {
      server.script('hang')
      const controller = new AbortController()
      const { tenant } = scriptedStore(server.url, { timeouts: { writeMs: 60_000 } })
      const answer = expect(tenant.upsert(records, { signal: controller.signal })).rejects.toMatchObject({
        code: 'outcome_unknown',
      })
      await server.reached(1)
      controller.abort(reason)
      await answer
    })

    test('ends the wait for the next attempt', async () => {
      server.script({ ...busy, headers: { 'Retry-After': '3000' } })
      const controller = new AbortController()
      // Asked for when the wait is about to begin.
      const random = () => {
        setImmediate(() => controller.abort(reason))
        return 0
      }
      using wire = transport({
        timeouts: { readMs: 60_000, writeMs: 60_000 },
        retry: { attempts: 3, baseMs: 1, maxMs: 1, readDeadlineMs: 3_600_000, writeDeadlineMs: 3_600_000 },
        random,
      })
      const exchange = newExchange({ write: true, signal: controller.signal, guard: undefined })
      const answer = wire.fetchFor(exchange)(server.url, { method: 'POST', headers: {}, body: '{}' })
      await expect(answer).rejects.toMatchObject({ cause: reason })
      expect(exchange).toMatchObject({ attempts: 1, refusals: 1, inDoubt: false, status: 429 })
    })
  })
})

test('a write to a port where no one listens was surely not done', async () => {
  const closed = createServer()
  const port = await new Promise<number>((resolve) =>
    closed.listen(0, '127.0.0.1', () => {
      const address = closed.address()
      closed.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    }),
  )
  const { tenant, calls } = scriptedStore(`http://127.0.0.1:${port}`)
  await expect(tenant.upsert(records)).rejects.toMatchObject({ code: 'store_unavailable' })
  expect(calls).toMatchObject([{ status: 0, attempts: 3 }])
})

test('a write over TLS that fails in the handshake was surely not done', async () => {
  await using plain = await scriptedServer()
  const { store } = scriptedStore(plain.url)
  const tenant = store.open(placeAt(plain.url.replace('http:', 'https:')))
  await expect(tenant.upsert(records)).rejects.toMatchObject({ code: 'store_unavailable' })
  expect(plain.seen).toHaveLength(0)
})

test('a closed store sends nothing any more', async () => {
  await using server = await scriptedServer()
  const { store, tenant } = scriptedStore(server.url)
  await tenant.query(query)
  await store[Symbol.asyncDispose]()
  await expect(tenant.query(query)).rejects.toMatchObject({ code: 'store_unavailable' })
  expect(server.seen).toHaveLength(1)
})
