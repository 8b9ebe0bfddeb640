import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { type HashEmbedder, hashEmbedder } from '../support/hash-embedder.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** Cached answers of tenants on two replicas: each tenant sees its own, and invalidation removes them. */
let world: ServiceWorld
let embedders: readonly [HashEmbedder, HashEmbedder]
let replicas: readonly [ServiceReplica, ServiceReplica]
let platform: string
let acme: string
let globex: string
let ofBoard: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  embedders = [hashEmbedder(), hashEmbedder()]
  const env = { ANSWER_PROVIDER: 'extractive', CACHE_TTL_S: '3600' }
  replicas = [
    await world.replica(env, { embedder: embedders[0], cacheQuietMs: 0 }),
    await world.replica(env, { embedder: embedders[1], cacheQuietMs: 0 }),
  ]
  platform = await world.issuer.staff('platform')
  ;[acme, globex] = [await world.issuer.tenant('acme'), await world.issuer.tenant('globex')]
  ofBoard = await world.issuer.tenant('acme', { groups: ['board'] })
  for (const [id, word] of [
    ['acme', 'Heron'],
    ['globex', 'Otter'],
  ] as const) {
    await world.onboard(replicas[0], id)
    await put(id === 'acme' ? acme : globex, 'secret', `The secret word is ${word}.`)
  }
  await put(acme, 'board', 'The secret word of the board is Basalt.', { visibility: ['board'] })
})
afterAll(() => world[Symbol.asyncDispose]())

const question = 'What is the secret word?'
const patient = { timeout: 60_000, interval: 100 }

async function put(authorization: string, id: string, text: string, metadata: object = {}): Promise<void> {
  const body = { text, metadata }
  const { status } = await replicas[0].public({ method: 'PUT', path: `/documents/${id}`, authorization, body })
  expect([200, 201]).toContain(status)
}

type Ask = (authorization: string, by: ServiceReplica) => Promise<Answer>

const doors: Readonly<Record<string, Ask>> = {
  '/retrieve': (authorization, by) =>
    by.public({ path: '/retrieve', authorization, body: { query: question, topK: 50 } }),
  '/answer': (authorization, by) => by.public({ path: '/answer', authorization, body: { question, topK: 50 } }),
  '/answer streamed': (authorization, by) =>
    by.public({ path: '/answer', authorization, body: { question, topK: 49, stream: true } }),
}

/** Asks until the answer is kept: news of a write that are still on their way may drop it once more. */
async function warm(ask: Ask, authorization: string, by: ServiceReplica): Promise<Answer> {
  return vi.waitFor(async () => {
    const answer = await ask(authorization, by)
    expect([answer.status, answer.headers.get('x-cache')]).toEqual([200, 'hit'])
    return answer
  }, patient)
}

describe.each(Object.entries(doors))('what %s keeps', (_door, ask) => {
  test('is each tenant’s own, on every replica', async () => {
    for (const by of replicas) {
      const [mine, theirs] = [await warm(ask, acme, by), await warm(ask, globex, by)]
      expect([mine.text.includes('Heron'), mine.text.includes('Otter')]).toEqual([true, false])
      expect([theirs.text.includes('Heron'), theirs.text.includes('Otter')]).toEqual([false, true])
    }
  })

  test('is seen with the groups that it was found with, and with no others', async () => {
    for (const by of replicas) {
      const [board, plain] = [await warm(ask, ofBoard, by), await warm(ask, acme, by)]
      expect([board.text.includes('Basalt'), plain.text.includes('Basalt')]).toEqual([true, false])
    }
  })

  test('is void on both replicas after a write, a changed visibility and a delete of one, and stays with the others', {
    timeout: 120_000,
  }, async () => {
    const changes: readonly [() => Promise<unknown>, (answer: Answer) => boolean][] = [
      [() => put(acme, 'later', 'The secret word was once Quartz.'), ({ text }) => text.includes('Quartz')],
      [
        () => put(acme, 'later', 'The secret word was once Quartz.', { visibility: ['board'] }),
        ({ text }) => !text.includes('Quartz'),
      ],
      [
        () => replicas[0].public({ method: 'DELETE', path: '/documents/later', authorization: acme }),
        ({ text }) => !text.includes('Quartz'),
      ],
    ]
    for (const [change, isNew] of changes) {
      for (const by of replicas) for (const who of [acme, globex]) await warm(ask, who, by)
      await change()
      for (const by of replicas) await vi.waitFor(async () => expect(isNew(await ask(acme, by))).toBe(true), patient)
      for (const by of replicas) expect((await ask(globex, by)).headers.get('x-cache')).toBe('hit')
    }
  })

  test('is not given while the tenant is suspended, and is found anew afterwards', async () => {
    for (const by of replicas) await warm(ask, acme, by)
    const before = embedders.map(({ count }) => count)
    const steer = (verb: string) =>
      replicas[0].admin({ method: 'POST', path: `/tenants/acme/${verb}`, authorization: platform })
    expectStatus(await steer('suspend'), 200)
    for (const by of replicas) {
      const refused = await vi.waitFor(async () => {
        const answer = await ask(acme, by)
        expectStatus(answer, 403)
        return answer
      }, patient)
      expect(refused.text).not.toContain('Heron')
    }
    expectStatus(await steer('resume'), 200)
    for (const by of replicas) {
      const answer = await vi.waitFor(async () => {
        const found = await ask(acme, by)
        expectStatus(found, 200)
        return found
      }, patient)
      expect(answer.headers.get('x-cache')).not.toBe('hit')
    }
    // The vectors of its questions went with the rest.
    for (const [at, { count }] of embedders.entries()) expect(count).toBeGreaterThan(before[at] ?? 0)
  })
})

test('hits and misses are counted by kind', async () => {
  const { text } = await replicas[0].admin({ path: '/metrics' })
  for (const kind of ['embedding', 'retrieval', 'answer']) {
    for (const result of ['hit', 'miss']) {
      const line = new RegExp(`^tenant_router_cache_total\\{kind="${kind}",result="${result}"\\} [1-9]`, 'm')
      expect([kind, result, line.test(text)]).toEqual([kind, result, true])
    }
  }
})
