import { afterAll, beforeAll, expect, test } from 'vitest'
import { door, type IngestReplica, IngestWorld, sendForm, until } from '../ingest/ingest-world.ts'
import { headersOf } from '../support/service-world.ts'

let world: IngestWorld
let replica: IngestReplica
let acme: string
let globex: string
const held = door()

/** One document of acme in each waiting state: the worker, which has one slot, holds the first. */
beforeAll(async () => {
  world = await IngestWorld.open()
  // A lease so long that its renewal changes no row meanwhile.
  replica = await world.replica({ atOnce: 1, leaseMs: 600_000 })
  acme = await world.tenant(replica, 'acme')
  globex = await world.tenant(replica, 'globex')
  await post(acme, { documentId: 'failed', contentBase64: Buffer.from('%BROKEN Heron').toString('base64') })
  await until(replica, acme, 'failed', 'failed')
  replica.onEmbed = held.pass
  await post(acme, { documentId: 'embedding', text: 'Heron is being embedded.' })
  await held.reached
  await post(acme, { documentId: 'queued', text: 'Heron waits.', metadata: { owner: 'Heron' } })
})
afterAll(() => world[Symbol.asyncDispose]())

const states = ['failed', 'embedding', 'queued']
const post = (authorization: string, body: object, path = '/documents') =>
  replica.public({ path, authorization, body, headers: { 'x-request-id': 'same' } })
const uploadsOf = (tenantId: string) =>
  world.service.home.sql`select * from uploads where tenant_id = ${tenantId} order by document_id`

test.each(states)(
  "another tenant can't see, retry or delete a document that is %s, nor tell that it is there",
  async (id) => {
    const before = await uploadsOf('acme')
    for (const [method, after] of [
      ['GET', ''],
      ['POST', '/retry'],
      ['DELETE', ''],
    ] as const) {
      const ask = (documentId: string) =>
        replica.public({
          method,
          path: `/documents/${documentId}${after}`,
          authorization: globex,
          headers: { 'x-request-id': 'same' },
        })
      const [theirs, nobodys] = [await ask(id), await ask('never-there')]
      expect([method, theirs.status]).toEqual([method, 404])
      expect(theirs.text).toBe(nobodys.text)
      expect(headersOf(theirs)).toEqual(headersOf(nobodys))
    }
    const list = await replica.public({ path: '/documents', authorization: globex })
    expect(list.json.items).toEqual([])
    expect(await uploadsOf('acme')).toEqual(before)
  },
)

const place = { tenant_id: 'acme', namespace: 'tenant_acme_g1', index: 'tr-pool-1' }

test('uploads that name another tenant are refused; with the same ids they are the caller’s own', async () => {
  const before = await uploadsOf('acme')
  const text = 'Otter was here.'
  const one = { documentId: 'queued', text }
  const uploads = async (named: object, search = '') => [
    await post(globex, { ...one, ...named }),
    await post(globex, { ...one, documentId: 'failed' }, `/documents${search}`),
    await post(globex, { documents: [{ ...one, ...named, documentId: 'embedding' }], ...named }, '/documents/batch'),
    await sendForm(replica, '/documents', globex, { text, fields: { documentId: 'form', ...named } }),
  ]
  const refused = await uploads(place, '?tenant_id=acme')
  expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400])
  expect(await uploadsOf('globex')).toEqual([])
  const answers = [...refused, ...(await uploads({}))]
  expect(answers.slice(4).map(({ status }) => status)).toEqual([202, 202, 202, 202])
  for (const { json } of answers) expect(JSON.stringify(json)).not.toContain('Heron')
  expect(await uploadsOf('acme')).toEqual(before)
  expect((await uploadsOf('globex')).map((row) => row.document_id)).toEqual(['embedding', 'failed', 'form', 'queued'])
})

test('the same file of two tenants has an id in each that says nothing of the other', async () => {
  const same = { text: 'The same words.' }
  const [ours, theirs] = [await post(acme, same), await post(globex, same)]
  expect(ours.json.documentId).not.toBe(theirs.json.documentId)
})

test('each finds its own, and nothing else, when all is stored', async () => {
  replica.onEmbed = undefined
  held.open()
  for (const id of ['embedding', 'queued']) await until(replica, acme, id, 'ready')
  for (const id of ['embedding', 'failed', 'form', 'queued']) await until(replica, globex, id, 'ready')
  const headers = { 'cache-control': 'no-cache' }
  const found = async (authorization: string) =>
    (await replica.public({ path: '/retrieve', authorization, headers, body: { query: 'Heron Otter', topK: 100 } }))
      .text
  const [ours, theirs] = [await found(acme), await found(globex)]
  expect(ours).toContain('Heron')
  expect(ours).not.toContain('Otter')
  expect(theirs).toContain('Otter')
  expect(theirs).not.toContain('Heron')
})
