import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { AnswerWorld, eventsOf, textOf } from './answer-world.ts'

let world: AnswerWorld
let acme: string
let other: string
let tenants = 0
beforeAll(async () => {
  world = await AnswerWorld.open()
})
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  tenants += 1
  ;[acme, other] = [`acme-${tenants}`, `other-${tenants}`]
  for (const [id, days] of [
    [acme, 14],
    [other, 30],
  ] as const) {
    await world.world.tenant(id)
    await world.put(id, 'refunds', `Refunds take ${days} days.`)
  }
  world.model.meet('echo')
})

const question = 'How long do refunds take?'
const cacheOf = ({ headers }: { readonly headers: Headers }) => headers.get('x-cache')
const strip = ({ json }: { readonly json: object }) => ({ ...json, requestId: '' })

test('the same question is answered once, however its words are spaced', async () => {
  const first = await world.ask(acme, question)
  const second = await world.ask(acme, ` ${question} `, {}, { 'x-request-id': 'mine' })
  expect([cacheOf(first), cacheOf(second)]).toEqual(['miss', 'hit'])
  expect(strip(second)).toEqual(strip(first))
  expect(second.json.requestId).toBe('mine')
  expect(world.model.seen.length).toBe(1)
})

test('a stream that was read to its end is kept for whoever asks later, streamed or whole; so is a whole answer', async () => {
  const streamed = await world.ask(acme, question, { stream: true })
  const whole = await world.ask(acme, question)
  const again = await world.ask(acme, question, { stream: true })
  expect([streamed, whole, again].map(cacheOf)).toEqual(['miss', 'hit', 'hit'])
  expect(whole.json.answer).toBe(textOf(eventsOf(streamed)))
  expect(textOf(eventsOf(again))).toBe(whole.json.answer)
  expect(eventsOf(again).at(-1)?.data).toMatchObject({ answeredBy: 'chat-1', citations: whole.json.citations })
  expect(world.model.seen.length).toBe(1)
})

test('of many who ask the same at once one asks the model', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => world.ask(acme, question)))
  expect(new Set(all.map(({ json }) => json.answer)).size).toBe(1)
  expect(world.model.seen.length).toBe(1)
})

test('`Cache-Control: no-cache` asks anew and keeps nothing', async () => {
  const fresh = { 'cache-control': 'no-cache' }
  for (const stream of [false, true]) {
    expect(cacheOf(await world.ask(acme, question, { stream }, fresh))).toBe('bypass')
    expect(cacheOf(await world.ask(acme, question, { stream }, fresh))).toBe('bypass')
  }
  expect(cacheOf(await world.ask(acme, question))).toBe('miss')
  expect(world.model.seen.length).toBe(5)
})

test('two tenants with the same question get an answer each, warm or cold', async () => {
  for (const round of ['miss', 'hit']) {
    for (const stream of [false, true]) {
      const [mine, theirs] = [await world.ask(acme, question, { stream }), await world.ask(other, question, { stream })]
      const expected = stream ? 'hit' : round
      expect([cacheOf(mine), cacheOf(theirs)]).toEqual([expected, expected])
      expect(mine.text).toContain('14 days')
      expect(mine.text).not.toContain('30 days')
      expect(theirs.text).toContain('30 days')
      expect(theirs.text).not.toContain('14 days')
    }
  }
})

test('other groups of one tenant get an answer each, and the same groups share one', async () => {
  await world.put(acme, 'board', 'Refunds of the board take 1 day.', { metadata: { visibility: ['board'] } })
  const asked = [`${acme} board`, acme, `${acme} board,staff`, `${acme} staff,board`, `${acme} staff`]
  const answers = []
  for (const token of asked) answers.push(await world.ask(token, question))
  expect(answers.map(cacheOf)).toEqual(['miss', 'miss', 'miss', 'hit', 'miss'])
  expect(answers.map(({ text }) => text.includes('of the board'))).toEqual([true, false, true, true, false])
})

test('whatever is asked differently is answered anew', async () => {
  const ways = [
    {},
    { topK: 4 },
    { filter: { a: 1 } },
    { minScore: 0 },
    { diversity: 0.5 },
    { rerank: true },
    { expand: 1 },
  ]
  for (const more of ways) expect([more, cacheOf(await world.ask(acme, question, more))]).toEqual([more, 'miss'])
  for (const more of ways) expect([more, cacheOf(await world.ask(acme, question, more))]).toEqual([more, 'hit'])
})

describe('a kept answer is gone', () => {
  test.each([
    ['a document is put', () => world.put(acme, 'more', 'Refunds may take longer.')],
    ['the tenant is dropped from the cache', async () => world.deps.cache.drop(parseTenantId(acme))],
  ])('when %s', async (_when, change) => {
    await world.ask(acme, question)
    await world.ask(other, question)
    await change()
    expect(cacheOf(await world.ask(acme, question))).toBe('miss')
    expect(cacheOf(await world.ask(other, question))).toBe('hit')
  })

  test('and one that was being written when its tenant wrote is not kept', async () => {
    const stream = await world.app.request('/answer', {
      method: 'POST',
      headers: { authorization: `Bearer ${acme}`, 'content-type': 'application/json' },
      body: JSON.stringify({ question, stream: true }),
    })
    await world.put(acme, 'refunds', 'Refunds take 99 days.')
    expect(await stream.text()).toContain('event: done')
    const next = await world.ask(acme, question)
    expect(cacheOf(next)).toBe('miss')
    expect(next.text).toContain('99 days')
  })
})

test.each([
  ['broke off', { words: ['Refunds'], end: 'cut' as const }],
  ['was cut by the model', { words: ['Refunds'], end: { finish: 'length' } }],
])('an answer that %s is not kept', async (_what, step) => {
  for (const stream of [false, true]) {
    world.model.meet(step)
    await world.ask(acme, question, { stream })
    world.model.meet('echo')
    expect(cacheOf(await world.ask(acme, question, {}, {}))).toBe('miss')
    world.deps.cache.drop(parseTenantId(acme))
  }
})

test('a question’s vector is kept through a write, and is each tenant’s own', async () => {
  const { embedder } = world
  await world.ask(acme, question)
  const before = embedder.count
  world.deps.cache.drop(parseTenantId(acme))
  const again = await world.ask(acme, question)
  expect([cacheOf(again), again.json.usage.embeddingTokens, embedder.count - before]).toEqual(['miss', 0, 0])
  await world.ask(other, question)
  expect(embedder.count - before).toBe(1)
})
