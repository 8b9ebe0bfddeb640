import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { AdoptWorld } from './adopt-world.ts'

let world: AdoptWorld
const names = { text: 'chunk_text', source: 'file_name', documentId: 'doc_id', visibility: 'acl' }

beforeAll(async () => {
  world = await AdoptWorld.open({ ANSWER_PROVIDER: 'extractive' })
  await world.index('chunks')
  const records = [
    {
      id: 'handbook#0',
      values: bagOfWords('the bell rings at noon'),
      metadata: { chunk_text: 'The bell rings at noon.', file_name: 'bells.md', doc_id: 'handbook', page: 4 },
    },
    {
      id: 'handbook#1',
      values: bagOfWords('the bell is secret'),
      metadata: { chunk_text: 'The bell is secret.', doc_id: 'handbook', acl: ['hr'], text: 'a summary of its own' },
    },
  ]
  await (await world.direct('chunks', 'c1')).upsert({ records })
  const node = { id_: 'n1', text: 'The horn is loud.', metadata: { page: 1 } }
  const metadata = { _node_content: JSON.stringify(node), _node_type: 'TextNode', doc_id: 'horns' }
  await (await world.direct('chunks', 'c2')).upsert({
    records: [{ id: 'n1', values: bagOfWords('the horn is loud'), metadata }],
  })
  const { host } = await world.pinecone.indexes.describe('chunks')
  const stats = () => world.pinecone.index({ host }).describeIndexStats()
  await vi.waitFor(async () => expect((await stats()).totalRecordCount).toBe(3))
  await world.adopt('chunks', { kind: 'pool', model: 'hash', fields: names })
  expectStatus(await world.adoptTenants('chunks', { pattern: '{id}' }), 200)
})
afterAll(() => world[Symbol.asyncDispose]())

const ask = async (tenant: string, path: string, body: object | undefined, claims: object = {}, method = 'POST') =>
  world.replicas[1].public({
    method,
    path,
    authorization: await world.service.issuer.tenant(tenant, claims as never),
    ...(body !== undefined && method !== 'DELETE' && { body }),
  })
const found = async (claims: object = {}, more: object = {}) =>
  (await ask('c1', '/retrieve', { query: 'bell', topK: 10, ...more }, claims)).json.matches

test('a record of an app shows its text, source and document, and the rest under the app’s own names', async () => {
  expect(await found()).toEqual([
    {
      id: 'handbook#0',
      score: expect.any(Number),
      text: 'The bell rings at noon.',
      source: 'bells.md',
      documentId: 'handbook',
      position: null,
      metadata: { file_name: 'bells.md', doc_id: 'handbook', page: 4 },
    },
  ])
  const seen = await found({ groups: ['hr'] })
  expect(seen.map(({ text }: { text: string }) => text).toSorted()).toEqual([
    'The bell is secret.',
    'The bell rings at noon.',
  ])
  const secret = seen.find(({ id }: { id: string }) => id === 'handbook#1')
  expect(secret.metadata).toEqual({ doc_id: 'handbook', acl: ['hr'], text: 'a summary of its own' })
})

test('the declared field of groups decides what is seen, by every way of reading', async () => {
  const ids = ['handbook#0', 'handbook#1']
  const fetched = async (claims: object) =>
    Object.keys((await ask('c1', '/vectors/fetch', { ids }, claims)).json.vectors).toSorted()
  expect(await fetched({ groups: ['sales'] })).toEqual(['handbook#0'])
  expect(await fetched({ groups: ['hr'] })).toEqual(ids)
  const expanded = await found({}, { group: 'document' })
  expect(expanded.map(({ id }: { id: string }) => id)).toEqual(['handbook#0'])
  // What a token with groups does not see, it does not change.
  const gone = await ask('c1', '/vectors/delete', { ids: ['handbook#1'] }, { groups: ['sales'] })
  expectStatus(gone, 200)
  expect(await fetched({ groups: ['hr'] })).toEqual(ids)
  const wrong = { id: 'x', values: bagOfWords('x'), metadata: { acl: 'hr' } }
  const refused = await ask('c1', '/vectors/upsert', { vectors: [wrong] })
  expect([refused.status, refused.json.faults[0].path]).toEqual([400, 'vectors[0].metadata.acl'])
})

test('words and answers are of the declared text', async () => {
  const hybrid = await ask('c1', '/retrieve', { query: 'noon', mode: 'hybrid', topK: 1 })
  expect(hybrid.json.matches).toMatchObject([{ id: 'handbook#0', scores: { sparse: expect.any(Number) } }])
  const answer = await ask('c1', '/answer', { question: 'When does the bell ring?' })
  expect(answer.json).toMatchObject({ answer: expect.stringContaining('noon'), sources: [{ source: 'bells.md' }] })
})

test('a tenant of its own fields has them in place of the index’s: LlamaIndex keeps the text in JSON', async () => {
  const horn = async () => (await ask('c2', '/retrieve', { query: 'horn' })).json.matches[0]
  expect(await horn()).toMatchObject({ text: null, documentId: 'horns' })
  const set = await world.admin('PUT', '/tenants/c2/fields', { text: '_node_content', documentId: 'doc_id' })
  expect([set.status, set.json]).toEqual([200, { ...names, text: '_node_content', documentId: 'doc_id' }])
  await expect.poll(async () => (await horn()).text).toBe('The horn is loud.')
  expect((await horn()).metadata).toEqual({ _node_type: 'TextNode', doc_id: 'horns' })
  expectStatus(await world.admin('POST', '/tenants', { id: 'own', name: 'Own' }), 201)
  expectStatus(await world.admin('PUT', '/tenants/own/fields', { text: 'body' }), 404)
  expectStatus(await world.admin('PUT', '/tenants/c2/fields', { text: '_tr_start' }), 400)
})

test('a change of fields leaves those that it does not name: no record is shown to more for it', async () => {
  const hidden = async () => (await found({ groups: ['sales'] })).map(({ id }: { id: string }) => id)
  expectStatus(
    await world.admin('POST', '/indexes/chunks/adopt', { kind: 'pool', model: 'hash', fields: { source: 'file' } }),
    200,
  )
  await expect.poll(async () => (await found())[0].source).toBe(null)
  expect(await hidden()).toEqual(['handbook#0'])
  expectStatus(await world.admin('PUT', '/tenants/c1/fields', { source: 'file_name' }), 200)
  await expect.poll(async () => (await found())[0].source).toBe('bells.md')
  expect(await hidden()).toEqual(['handbook#0'])
})

test('a document beside records of an app has ids of its own, and goes without them', async () => {
  const text = 'The lamp is green.'
  const put = await ask('c1', '/documents/handbook', { text, metadata: { visibility: ['hr'] } }, {}, 'PUT')
  expectStatus(put, 201)
  const lamp = async (claims: object) =>
    (await ask('c1', '/retrieve', { query: 'lamp', topK: 1, expand: 1 }, claims)).json.matches
  await expect.poll(async () => (await lamp({ groups: ['hr'] }))[0]?.text).toBe(text)
  expect((await lamp({ groups: ['hr'] }))[0]).toMatchObject({ id: '_tr_doc_handbook#0', documentId: 'handbook' })
  expect((await lamp({ groups: ['sales'] }))[0].id).toBe('handbook#0')
  expect((await ask('c1', '/documents/handbook', { text, metadata: { visibility: ['hr'] } }, {}, 'PUT')).status).toBe(
    200,
  )
  // What a query shows is listed too, to the same groups.
  const listed = async (claims: object) =>
    (await ask('c1', '/vectors/list', undefined, claims, 'GET')).json.vectors.map(({ id }: { id: string }) => id)
  await expect.poll(() => listed({ groups: ['hr'] })).toContain('_tr_doc_handbook#0')
  expect(await listed({ groups: ['sales'] })).not.toContain('_tr_doc_handbook#0')
  const vectors = [{ id: '_tr_doc_handbook#0', values: bagOfWords('x') }]
  expectStatus(await ask('c1', '/vectors/upsert', { vectors }), 400)
  expectStatus(await ask('c1', '/vectors/upsert', { vectors: [{ id: 'new#7', values: bagOfWords('new') }] }), 200)
  expectStatus(await ask('c1', '/vectors/delete', { filter: { doc_id: 'nothing' } }), 200)
  // Another field of groups, declared later, shows the app's records by it, and no document to more than its own.
  expectStatus(await world.admin('PUT', '/tenants/c1/fields', { visibility: 'readers' }), 200)
  const sales = { groups: ['sales'] }
  const seen = async () =>
    (await ask('c1', '/vectors/fetch', { ids: ['handbook#1', '_tr_doc_handbook#0'] }, sales)).json
  await expect.poll(async () => Object.keys((await seen()).vectors)).toEqual(['handbook#1'])
  expect((await lamp(sales)).map(({ id }: { id: string }) => id)).not.toContain('_tr_doc_handbook#0')
  expect((await lamp({ groups: ['hr'] }))[0].id).toBe('_tr_doc_handbook#0')
  expectStatus(await ask('c1', '/documents/handbook', {}, {}, 'DELETE'), 204)
  const ids = ['handbook#0', 'new#7', '_tr_doc_handbook#0']
  await expect
    .poll(async () => Object.keys((await ask('c1', '/vectors/fetch', { ids })).json.vectors).toSorted())
    .toEqual(['handbook#0', 'new#7'])
})
