import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Listener, listen } from '../../src/http/listen.ts'
import { floodWord } from '../models/chat-server.ts'
import { AnswerWorld, eventsOf } from './answer-world.ts'

let world: AnswerWorld
let listener: Listener
let acme: string
let tenants = 0
beforeAll(async () => {
  world = await AnswerWorld.open()
  listener = await listen(world.app, { host: '127.0.0.1', port: 0, closeLimitMs: 500 })
})
afterAll(async () => {
  await listener[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})
beforeEach(async () => {
  tenants += 1
  acme = `acme-${tenants}`
  await world.world.tenant(acme)
  await world.put(acme, 'refunds', 'Refunds take 14 days.')
})

const patient = { timeout: 60_000, interval: 20 }

/** Asks over a socket; the answer is read when the test says so. */
function ask(body: object): ClientRequest {
  const sent = request(`${listener.url}/answer`, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${acme}`, 'content-type': 'application/json' },
  })
  sent.on('error', () => undefined) // it is destroyed on purpose
  sent.end(JSON.stringify({ question: 'How long do refunds take?', ...body }))
  return sent
}

async function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = await once(sent, 'response')
  return response
}

test('a client that leaves a stream ends the request to the model', async () => {
  world.model.meet({ words: ['Refunds take '], end: 'silence' })
  const sent = ask({ stream: true })
  const response = await answerTo(sent)
  let seen = ''
  response.setEncoding('utf8').on('data', (part: string) => {
    seen += part
  })
  await expect.poll(() => seen, patient).toContain('Refunds take')
  expect(world.model.letGo).toBe(0)
  sent.destroy()
  await expect.poll(() => world.model.letGo, patient).toBe(1)
})

test('a client that leaves before the model has said a word ends the request too', async () => {
  world.model.meet('hang')
  const sent = ask({ stream: true })
  await expect.poll(() => world.model.seen.length, patient).toBe(1)
  sent.destroy()
  await expect.poll(() => world.model.letGo, patient).toBe(1)
})

test('a client that leaves while a whole answer is written ends the request, if nobody else waits for it', async () => {
  world.model.meet('hang')
  const sent = ask({})
  await expect.poll(() => world.model.seen.length, patient).toBe(1)
  sent.destroy()
  await expect.poll(() => world.model.letGo, patient).toBe(1)
})

test('one of two who wait for the same answer may leave, and the other one gets it', async () => {
  const may = Promise.withResolvers<void>()
  world.model.meet({ words: ['14 days [1].'], after: may.promise })
  const before = world.lookups
  const left = () => world.lines.filter(({ status }) => status === 499).length
  const leftBefore = left()
  const [first, second] = [ask({}), ask({})]
  await expect.poll(() => world.lookups - before, patient).toBe(2)
  first.destroy()
  await expect.poll(() => left() - leftBefore, patient).toBe(1)
  may.resolve()
  expect(JSON.parse(await text(await answerTo(second)))).toMatchObject({ answer: '14 days [1].' })
  expect([world.model.seen.length, world.model.letGo]).toEqual([1, 0])
})

test('the model is read only as fast as the client takes the answer', async () => {
  const words = 2_560 // 40 MiB, far more than all buffers on the way hold
  world.model.meet({ flood: words })
  const response = await answerTo(ask({ stream: true }))
  // Nothing is read: the flood comes to a halt.
  let before = -1
  await expect
    .poll(
      () => {
        const isStill = world.model.flooded > 0 && world.model.flooded === before
        before = world.model.flooded
        return isStill
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe(true)
  expect(world.model.flooded).toBeLessThan(words * floodWord.length * 0.75)
  const events = eventsOf({ text: await text(response) })
  expect(events.at(-1)?.event).toBe('done')
  expect(events.filter(({ event }) => event === 'token').length).toBeGreaterThanOrEqual(words)
  expect(world.model.flooded).toBe(words * floodWord.length)
})

test('a service that shuts down lets a stream end, and cuts it when its time is over', async () => {
  world.model.meet({ words: ['Refunds take '], end: 'silence' })
  const closing = await listen(world.app, { host: '127.0.0.1', port: 0, closeLimitMs: 300 })
  const response = await fetch(`${closing.url}/answer`, {
    method: 'POST',
    headers: { authorization: `Bearer ${acme}`, 'content-type': 'application/json' },
    body: JSON.stringify({ question: 'How long do refunds take?', stream: true }),
  })
  await closing[Symbol.asyncDispose]()
  await expect(response.text()).rejects.toThrow()
  await expect.poll(() => world.model.letGo, patient).toBe(1)
})
