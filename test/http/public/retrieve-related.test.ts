import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../../support/expect-status.ts'
import { bagOfWords, hashEmbedder } from '../../support/hash-embedder.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

/** The built-in encoder's settings with its words; vectors by a hash, so that only words know what is related. */
const [model, dimension] = ['use-lite', 512]
let world: ServiceWorld
let replica: ServiceReplica
let acme: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  const env = { EMBEDDING_PROVIDER: 'local', EMBEDDING_MODEL: model, EMBEDDING_DIMENSION: String(dimension) }
  replica = await world.replica(env, { embedder: { ...hashEmbedder(dimension), model } })
  acme = await world.onboard(replica, 'acme')
})
afterAll(() => world[Symbol.asyncDispose]())

const ask = (authorization: string, query: string): Promise<Answer> =>
  replica.public({
    path: '/retrieve',
    authorization,
    headers: { 'cache-control': 'no-cache' },
    body: { query, mode: 'hybrid' },
  })

const store = async (authorization: string, records: Readonly<Record<string, object>>) => {
  const vectors = Object.entries(records).map(([id, metadata]) => {
    const { text } = metadata as { text: string }
    return { id, values: bagOfWords(text, dimension), metadata }
  })
  expectStatus(await replica.public({ path: '/vectors/upsert', authorization, body: { vectors } }), 200)
}

test('a rare word finds its synonym, in the asking tenant alone', async () => {
  const globex = await world.onboard(replica, 'globex')
  const texts = { yard: 'The truck stands in the yard.', kitchen: 'The kettle stands in the kitchen.' }
  for (const [id, text] of Object.entries(texts)) {
    const put = { method: 'PUT', path: `/documents/${id}`, authorization: acme, body: { text } }
    expectStatus(await replica.public(put), 201)
  }
  const { json } = await ask(acme, 'Where is the lorry?')
  expect(json.matches.map((match: { documentId: string }) => match.documentId)).toEqual(['yard', 'kitchen'])
  expect(json.matches[0].scores.sparse).toBeGreaterThanOrEqual(0.5)
  expect(json.matches[1].scores.sparse).toBe(0)
  expect((await ask(globex, 'Where is the lorry?')).json.matches).toEqual([])
})

test('of equal chunks the one whose document says more on the subject is first, by what the caller sees', async () => {
  const initech = await world.onboard(replica, 'initech')
  const guest = await world.issuer.tenant('initech', { groups: ['guests'] })
  const text = 'A helmet costs forty euros.'
  await store(initech, {
    'once-1': { documentId: 'once', text },
    'once-2': { documentId: 'once', text: 'Nobody answers on Sundays.' },
    'twice-1': { documentId: 'twice', text },
    'twice-2': { documentId: 'twice', text: 'A small helmet costs thirty euros.' },
    lone: { text },
  })
  const scoresOf = ({ json }: Answer): Record<string, number> =>
    Object.fromEntries(json.matches.map(({ id, score }: { id: string; score: number }) => [id, score]))
  const before = await ask(guest, 'What does a helmet cost?')
  const { 'twice-1': twice = 0, lone = 0, 'once-1': once = 0, 'once-2': other = 0 } = scoresOf(before)
  expect(before.json.matches[0].id).toBe('twice-1')
  expect(before.json.matches.every(({ score }: { score: number }) => score >= 0 && score <= 1)).toBe(true)
  expect(lone, 'a short document is no worse than a long one').toBeGreaterThan(once)
  expect(twice).toBeGreaterThan(lone)
  expect(once, 'a good chunk does not lift the others').toBeGreaterThan(other * 2)

  await store(initech, { 'once-3': { documentId: 'once', text, visibility: ['staff'] } })
  expect(scoresOf(await ask(guest, 'What does a helmet cost?')), 'a hidden chunk counts for nothing').toEqual(
    scoresOf(before),
  )
  const seen = scoresOf(
    await ask(await world.issuer.tenant('initech', { groups: ['staff'] }), 'What does a helmet cost?'),
  )
  expect(seen['once-1']).toBeGreaterThan(once)
})
