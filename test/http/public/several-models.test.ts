import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../embedded/temporary-folder.ts'
import { type OpenAiServer, openAiServer } from '../../models/openai-server.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

const stack = new AsyncDisposableStack()
let world: ServiceWorld
let provider: OpenAiServer
let platform: string
/** The model of new tenants is `hash`; with the file, it is `far`. */
let plain: ServiceReplica
let withFar: ServiceReplica

beforeAll(async () => {
  world = stack.use(await ServiceWorld.open())
  provider = stack.use(await openAiServer(8))
  const folder = stack.use(await temporaryFolder())
  const path = join(folder.path, 'models.json')
  const far = { name: 'far', provider: 'openai', baseUrl: provider.baseUrl, model: 'far-1', dimension: 8 }
  await writeFile(path, JSON.stringify([{ ...far, metric: 'dotproduct', default: true }]))
  platform = await world.issuer.staff('platform')
  const env = { SESSION_LEASE_S: '5' }
  plain = await world.replica(env)
  await onboard(plain, 'old')
  withFar = await world.replica({ ...env, EMBEDDING_MODELS: path })
  await onboard(withFar, 'new')
})
afterAll(() => stack.disposeAsync())

async function onboard(replica: ServiceReplica, id: string) {
  const answer = await replica.admin({ path: '/tenants', authorization: platform, body: { id, name: id } })
  expect(answer.status).toBe(201)
}

const put = async (replica: ServiceReplica, id: string, documentId: string, text: string) =>
  replica.public({
    method: 'PUT',
    path: `/documents/${documentId}`,
    authorization: await world.issuer.tenant(id),
    body: { text },
  })
const retrieve = async (replica: ServiceReplica, id: string, body: object) =>
  replica.public({ path: '/retrieve', authorization: await world.issuer.tenant(id), body })

test('a document and a question are embedded by the model of the place where the tenant lives', async () => {
  const { json } = await withFar.admin({ path: '/indexes', authorization: platform })
  expect(json.items).toMatchObject([
    { name: 'tr-pool-1', embeddingModel: 'hash', dimension: 64 },
    { name: 'tr-pool-2', embeddingModel: 'far', dimension: 8 },
  ])
  provider.meet()
  for (const id of ['old', 'new']) expect((await put(withFar, id, 'bell', `the bell of ${id}`)).status).toBe(201)
  for (const id of ['old', 'new']) {
    const answer = await retrieve(withFar, id, { query: 'bell?' })
    expect(answer.json.matches).toMatchObject([{ documentId: 'bell', text: `the bell of ${id}` }])
  }
  expect(provider.seen.map(({ model, input }) => [model, input])).toEqual([
    ['far-1', ['the bell of new']],
    ['far-1', ['bell?']],
  ])
  const short = await retrieve(withFar, 'new', { vector: [1, 0] })
  expect([short.status, short.json.faults]).toEqual([400, [expect.objectContaining({ path: 'vector' })]])
  expect((await retrieve(withFar, 'old', { query: 'bell?', mode: 'hybrid' })).json.search.lexical).toBe('candidates')
  expect((await retrieve(withFar, 'new', { query: 'bell?', mode: 'hybrid' })).json.search.lexical).toBe('store')
})

test('a model that no setting names stops the texts of its tenants by its name, and nothing else', async () => {
  const started = await world.replica()
  for (const replica of [plain, started]) {
    const question = await retrieve(replica, 'new', { query: 'bell?' })
    expect([question.status, question.json.code]).toEqual([503, 'embedding_unavailable'])
    expect(question.json.detail).toContain('far with 8 dimensions')
    expect((await put(replica, 'new', 'horn', 'a horn')).status).toBe(503)
    const byVector = await retrieve(replica, 'new', { vector: [1, 0, 0, 0, 0, 0, 0, 0] })
    expect(byVector.json.matches).toMatchObject([{ documentId: 'bell' }])
    expect((await retrieve(replica, 'old', { query: 'bell?' })).json.matches).toHaveLength(1)
  }
})
