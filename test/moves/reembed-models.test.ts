import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Embedder } from '../../src/models/embedder.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { type OpenAiServer, openAiServer } from '../models/openai-server.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { MoveHolds } from '../support/move-holds.ts'
import { ReembedWorld } from './reembed-world.ts'

let world: ReembedWorld
afterEach(() => world[Symbol.asyncDispose]())

const texts = ['a bike in winter', 'an apple in autumn', 'a boat in summer'] as const
const question = texts[0]

/** A world whose new model is served by an endpoint, by the adapter for it. */
async function withEndpoint(overrides: MoveHolds['overrides'] = {}): Promise<OpenAiServer> {
  const server = await openAiServer(32)
  const folder = await temporaryFolder()
  const path = join(folder.path, 'models.json')
  const entry = { name: 'small', provider: 'openai', baseUrl: server.baseUrl, dimension: 32, encoding: 'float' }
  await writeFile(path, JSON.stringify([entry]))
  world = await ReembedWorld.open({ env: { EMBEDDING_MODELS: path }, overrides: { moreEmbedders: [], ...overrides } })
  world.service.stack.use(server)
  world.service.stack.use(folder)
  for (const [n, text] of texts.entries()) await world.putDocument(`doc-${n}`, text)
  await world.openShard()
  return server
}

/** The same, and an endpoint serves the old model too. @returns that one */
async function withOldEndpoint(): Promise<OpenAiServer> {
  const [old, small] = [await openAiServer(64), await openAiServer(32)]
  const folder = await temporaryFolder()
  const path = join(folder.path, 'models.json')
  const entry = { provider: 'openai', encoding: 'float' }
  const models = [
    { ...entry, name: 'hash', baseUrl: old.baseUrl, dimension: 64, default: true },
    { ...entry, name: 'small', baseUrl: small.baseUrl, dimension: 32 },
  ]
  await writeFile(path, JSON.stringify(models))
  const unset = { EMBEDDING_MODEL: '', EMBEDDING_DIMENSION: '', OPENAI_BASE_URL: '', ANSWER_PROVIDER: 'extractive' }
  const overrides = { embedder: hashEmbedder(64, 'no setting names it'), moreEmbedders: [] }
  world = await ReembedWorld.open({ env: { ...unset, EMBEDDING_MODELS: path }, overrides })
  for (const one of [old, small, folder]) world.service.stack.use(one)
  for (const [n, text] of texts.entries()) await world.putDocument(`doc-${n}`, text)
  await world.openShard()
  return old
}

/** Refuses every request of more texts than this, until it is told otherwise. */
function refuse(server: OpenAiServer, status: number, texts = 0): void {
  server.limit({ texts, status, body: { error: { message: 'no', code: status === 404 ? 'model_not_found' : 'busy' } } })
}

test('a model that ends on the way stops the move before the switch; the tenant works on, and the move is cancelled', async () => {
  const holds = new MoveHolds()
  const server = await withEndpoint(holds.overrides)
  const copied = holds.hold('copy: batch claimed')
  const id = await world.reembed()
  await copied.reached
  refuse(server, 404)
  await world.putDocument('late', 'a train at night', 'b')
  copied.release()
  const stopped = await world.until(id, 'paused')
  expect(stopped.waitsFor.kind).toBe('needs_person')
  expect(stopped.gate).toContain(
    'The provider of the embedding model small says that there is no such model, or no longer',
  )
  expect(stopped.switchedAt).toBeNull()
  expect((await world.find(question, 'b'))[0]).toBe('doc-0#0')
  await world.putDocument('later', 'a plane at noon')
  expect((await world.find('a plane at noon', 'b'))[0]).toBe('later#0')
  await world.steer(id, 'cancel')
  await world.until(id, 'cancelled')
  expect((await world.find('a train at night'))[0]).toBe('late#0')
  expect([...(await world.contents(1)).keys()].sort()).toEqual(['doc-0#0', 'doc-1#0', 'doc-2#0', 'late#0', 'later#0'])
})

test('a model that is there again lets a resumed move go on where it was', async () => {
  const server = await withEndpoint()
  refuse(server, 410)
  const id = await world.reembed()
  await world.until(id, 'paused')
  server.meet()
  await world.steer(id, 'resume')
  const moved = await world.until(id, 'soaking')
  expect(moved.verification.reembedded).toMatchObject({ model: 'small', records: 3 })
})

test.each([
  { status: 404, way: 'completed', ids: ['doc-0#0', 'doc-1#0', 'doc-2#0', 'late#0', 'later#0'] },
  { status: 410, way: 'rolled back once the model is there again', ids: ['doc-0#0', 'doc-1#0', 'late#0', 'later#0'] },
] as const)(
  'while the old model is gone in the soak ($status), the app writes on, a rollback says what it lacks, and the move is $way',
  async ({ status, way, ids }) => {
    const old = await withOldEndpoint()
    const id = await world.reembed()
    await world.until(id, 'soaking')
    refuse(old, status)
    await world.putDocument('late', 'a train at night', 'b')
    const seen = async () => (await world.staff(`/moves/${id}`)).json
    await expect.poll(async () => (await seen()).waitsFor?.kind, { timeout: 60_000 }).toBe('step_failed')
    expect((await seen()).gate).toContain('The provider of the embedding model hash says that there is no such model')
    await world.steer(id, 'rollback')
    await expect.poll(async () => (await seen()).waitsFor?.kind, { timeout: 60_000 }).toBe('needs_person')
    const stopped = await seen()
    expect([stopped.state, stopped.requested]).toEqual(['soaking', null])
    expect(stopped.gate).toContain("The old place can't get what was written since the switch")
    expect(stopped.gate).toContain('Complete the move, or mend')
    const commands = stopped.nextSteps.map(({ command }: { readonly command: string }) => command)
    for (const verb of ['complete', 'rollback']) expect(commands).toContain(`tenant-router moves ${verb} ${id}`)
    await world.putDocument('later', 'a plane at noon')
    const isBack = way !== 'completed'
    if (isBack) {
      await world.done('/documents/doc-2', undefined, { replica: 'b', method: 'DELETE' })
      expect([...(await world.contents(1)).keys()]).not.toContain('late#0')
      old.meet()
    }
    await world.steer(id, isBack ? 'rollback' : 'complete')
    await world.until(id, isBack ? 'rolled_back' : 'completed')
    expect([...(await world.contents(isBack ? 1 : 2)).keys()].sort()).toEqual(ids)
    expect((await world.ask('b', '/documents/late', undefined)).status).toBe(200)
  },
)

test('a provider that is busy slows the move, and no question of a tenant waits for it', async () => {
  const server = await withEndpoint()
  const other = await world.service.onboard(world.a, 'other')
  const put = { path: '/documents/own', authorization: other, body: { text: 'a secret' }, method: 'PUT' }
  expect((await world.a.public(put)).status).toBe(201)
  const begun = await world.staff('/tenants/other/moves', { kind: 'reembed', model: 'small' })
  await world.until(begun.json.id, 'soaking')
  // The mover embeds many texts at once, and a question is one.
  refuse(server, 429, 1)
  const id = await world.reembed()
  await expect
    .poll(async () => (await world.staff(`/moves/${id}`)).json.waitsFor?.kind, { timeout: 60_000 })
    .toBe('step_failed')
  for (let n = 0; n < 10; n += 1) {
    const asked = { path: '/retrieve', authorization: other, body: { query: `a secret ${n}`, topK: 1 } }
    const [theirs, own] = await Promise.all([world.a.public(asked), world.find(`${question} ${n}`)])
    expect([theirs.status, theirs.json.matches[0].id, own[0]]).toEqual([200, 'own#0', 'doc-0#0'])
  }
  const { json } = await world.staff(`/moves/${id}`)
  expect([json.state, json.waitsFor?.kind]).toEqual(['copying', 'step_failed'])
  server.meet()
  await world.until(id, 'soaking')
})

test('a question that the old model embedded before the switch is answered by the old place', async () => {
  const held = 'a question of before'
  const [embedding, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const plain = hashEmbedder()
  const slow: Embedder = {
    ...plain,
    async embed(asked, options) {
      const embedded = await plain.embed(asked, options)
      if (!asked.includes(held)) return embedded
      embedding.resolve()
      await released.promise
      return embedded
    },
  }
  world = await ReembedWorld.open({ overrides: { embedder: slow } })
  for (const [n, text] of [...texts, held].entries()) await world.putDocument(`doc-${n}`, n === 3 ? `${held} it` : text)
  await world.openShard()
  const asking = world.ask('b', '/retrieve', { query: held, topK: 1 })
  await embedding.promise
  const id = await world.reembed()
  await world.until(id, 'soaking')
  await world.b.services.routes.catchUp()
  released.resolve()
  const answer = await asking
  expect([answer.status, answer.json.matches[0].id, answer.json.route.generation]).toEqual([200, 'doc-3#0', 1])
  const next = await world.ask('b', '/retrieve', { query: `${held} it`, topK: 1 })
  expect([next.json.matches[0].id, next.json.route.generation]).toEqual(['doc-3#0', 2])
})
