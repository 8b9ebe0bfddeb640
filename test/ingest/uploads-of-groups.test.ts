import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { door, type IngestReplica, IngestWorld, until } from './ingest-world.ts'

let world: IngestWorld
let replica: IngestReplica
let service: string

beforeAll(async () => {
  world = await IngestWorld.open()
  replica = await world.replica()
  service = await world.tenant(replica, 'acme')
})
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(() => {
  replica.onRead = undefined
  replica.onEmbed = undefined
})

const sales = (claims = {}) => world.service.issuer.tenant('acme', { groups: ['sales'], ...claims })
const base64 = (text: string) => Buffer.from(text).toString('base64')
const board = { text: 'The board decides.', metadata: { visibility: ['board'] } }

/** An upload is accepted while the document is free, and a write that hides the document comes before its turn. */
async function overtaken(documentId: string, sender: string): Promise<void> {
  const writing = door()
  const reading = door()
  replica.onEmbed = (text) => (text.includes('board decides') ? writing.pass() : undefined)
  replica.onRead = reading.pass
  const path = `/documents/${documentId}`
  const put = replica.public({ method: 'PUT', path, authorization: service, body: board })
  await writing.reached
  const body = { documentId, contentBase64: base64('Sales decides.') }
  expectStatus(await replica.public({ path: '/documents', authorization: sender, body }), 202)
  await reading.reached
  writing.open()
  expectStatus(await put, 201)
  reading.open()
}

async function textOf(documentId: string): Promise<string> {
  const authorization = await world.service.issuer.tenant('acme', { groups: ['board', 'sales'] })
  const body = { ids: [`${documentId}#0`] }
  const { json } = await replica.public({ path: '/vectors/fetch', authorization, body })
  return json.vectors[`${documentId}#0`]?.metadata.text
}

test('a document that was hidden from the sender in between is not written over, and the upload says why', async () => {
  const sender = await sales()
  await overtaken('plan', sender)
  const { reason } = await until(replica, sender, 'plan', 'failed')
  expect(reason).toEqual({ code: 'conflict', detail: 'documentId: is taken; choose another id' })
  expect(await textOf('plan')).toBe('The board decides.')

  // Tried again by the same, it fails again; by a service that writes all of the tenant's, it is stored.
  const retry = (authorization: string) =>
    replica.public({ method: 'POST', path: '/documents/plan/retry', authorization })
  expectStatus(await retry(sender), 202)
  await until(replica, sender, 'plan', 'failed')
  expect(await textOf('plan')).toBe('The board decides.')
  expectStatus(await retry(service), 202)
  await until(replica, service, 'plan', 'ready')
  expect(await textOf('plan')).toBe('Sales decides.')
})

test('the scope that lifts the rule lifts it here too', async () => {
  await overtaken('lifted', await sales({ scope: 'rag:read rag:write rag:write:any' }))
  await until(replica, service, 'lifted', 'ready')
  expect(await textOf('lifted')).toBe('Sales decides.')
})

test('the same upload again is judged by who sent it last', async () => {
  const reading = door()
  replica.onRead = reading.pass
  const body = { documentId: 'twice', contentBase64: base64('Sales decides.') }
  for (const authorization of [service, await sales()]) {
    expectStatus(await replica.public({ path: '/documents', authorization, body }), 202)
  }
  const [{ writer_groups: groups } = { writer_groups: undefined }] = await world.service.home
    .sql`select writer_groups from uploads where document_id = 'twice'`
  expect(groups).toEqual(['sales'])
  reading.open()
  await until(replica, service, 'twice', 'ready')
})

test('an upload that its own sender will not see is stored all the same', async () => {
  const body = { documentId: 'unseen', text: 'For the board.', metadata: { visibility: ['board'] } }
  const sent = await replica.public({ path: '/documents', authorization: await sales(), body })
  expectStatus(sent, 202)
  const authorization = await world.service.issuer.tenant('acme', { groups: ['board'] })
  await until(replica, authorization, 'unseen', 'ready')
})
