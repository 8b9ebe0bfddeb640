import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { expectStatus } from '../support/expect-status.ts'
import { door, type IngestReplica, IngestWorld, sendForm, until } from './ingest-world.ts'

let world: IngestWorld
let replica: IngestReplica
let acme: string

beforeAll(async () => {
  world = await IngestWorld.open()
  replica = await world.replica()
  acme = await world.tenant(replica, 'acme')
})
afterEach(() => {
  replica.onRead = undefined
  replica.onEmbed = undefined
  replica.store.before('upsert', undefined)
})
afterAll(() => world[Symbol.asyncDispose]())

const look = (documentId: string, authorization = acme) =>
  replica.public({ path: `/documents/${documentId}`, authorization })
const send = (body: unknown, authorization = acme) =>
  replica.public({ method: 'POST', path: '/documents', authorization, body })
const base64 = (text: string) => Buffer.from(text).toString('base64')

async function find(query: string, authorization = acme): Promise<string> {
  const headers = { 'cache-control': 'no-cache' }
  return (await replica.public({ path: '/retrieve', authorization, headers, body: { query, topK: 100 } })).text
}

test('a file is answered with 202 and shown in every state until it is found', async () => {
  const [reading, embedding, storing] = [door(), door(), door()]
  replica.onRead = reading.pass
  replica.onEmbed = embedding.pass
  replica.store.before('upsert', storing.pass)
  const fields = { documentId: 'herons', metadata: '{"department":"birds"}', source: 'zoo' }
  const sent = await sendForm(replica, '/documents', acme, { text: 'Herons stand in water.', fields })
  expect(sent).toMatchObject({ status: 202, location: '/documents/herons' })
  expect(sent.json).toMatchObject({ documentId: 'herons', source: 'zoo', metadata: { department: 'birds' }, chunks: 0 })
  await reading.reached
  await until(replica, acme, 'herons', 'parsing')
  reading.open()
  await embedding.reached
  await until(replica, acme, 'herons', 'embedding')
  embedding.open()
  await storing.reached
  expect(await until(replica, acme, 'herons', 'storing')).toMatchObject({ attempts: 1 })
  storing.open()
  const ready = await until(replica, acme, 'herons', 'ready')
  expect(ready).toMatchObject({ chunks: 1, source: 'zoo', metadata: { department: 'birds' } })
  expect(ready).not.toHaveProperty('attempts')
  expect(await find('Herons')).toContain('Herons stand in water.')
  expect(await world.service.home.sql`select 1 from uploads where document_id = 'herons'`).toHaveLength(0)
})

test('text and files as JSON go the same way; without an id the same upload is the same document', async () => {
  const text = { text: '# Otters\n\nOtters swim.', name: 'otters.md' }
  const [first, again, other] = [await send(text), await send(text), await send({ ...text, metadata: { a: 1 } })]
  expect([first.status, again.status, other.status]).toEqual([202, 202, 202])
  const { documentId } = first.json
  expect(again.json.documentId).toBe(documentId)
  expect(other.json.documentId).not.toBe(documentId)
  expect(first.headers.get('location')).toBe(`/documents/${documentId}`)
  expect(await until(replica, acme, documentId, 'ready')).toMatchObject({ source: 'otters.md' })
  const file = await send({ contentBase64: base64('Basalt is black.'), documentId: 'basalt' })
  expect(file.json).toMatchObject({ documentId: 'basalt', source: null })
  await until(replica, acme, 'basalt', 'ready')
  expect(await find('Basalt')).toContain('Basalt is black.')
})

test.each([
  [{}, 'text'],
  [{ text: 'a', contentBase64: 'YQ==' }, 'text'],
  [{ contentBase64: '%%' }, 'contentBase64'],
  [{ text: '  ' }, 'text'],
  [{ text: 'a', documentId: 'a b' }, 'documentId'],
  [{ text: 'a', metadata: { visibility: [] } }, 'metadata.visibility'],
  [{ text: 'a', chunking: { tokens: 1 } }, 'chunking.tokens'],
  [{ text: 'a', nonsense: 1 }, 'nonsense'],
])('what is wrong with %j is said at once, by its field', async (body, path) => {
  const answer = await send(body)
  expectStatus(answer, 400)
  expect(answer.json).toMatchObject({ code: 'invalid_request', faults: [{ path }] })
})

test('a form without a file, with two, or with a field that is no JSON is refused', async () => {
  expect((await sendForm(replica, '/documents', acme)).json).toMatchObject({ faults: [{ path: 'file' }] })
  const two = await sendForm(replica, '/documents', acme, { text: 'a' }, { text: 'b' })
  expect(two).toMatchObject({ status: 400, json: { faults: [{ path: 'file' }] } })
  const bad = await sendForm(replica, '/documents', acme, { text: 'a', fields: { metadata: '{', other: 'x' } })
  expect(bad.json.faults.map((fault: { path: string }) => fault.path)).toEqual(['metadata', 'other'])
  const plain = await replica.public({
    path: '/documents',
    authorization: acme,
    headers: { 'content-type': 'text/plain' },
    body: 'x',
  })
  expect(plain).toMatchObject({ status: 415, json: { code: 'unsupported_media_type' } })
})

test.each(['namespace', 'tokns'])('"%s" inside a field of a form is refused, as in a JSON body', async (name) => {
  const fields = { chunking: JSON.stringify({ tokens: 64, [name]: 'tenant_globex_g1' }) }
  const answer = await sendForm(replica, '/documents', acme, { text: 'a', fields })
  expect(answer).toMatchObject({ status: 400, json: { faults: [{ path: `chunking.${name}` }] } })
  const metadata = JSON.stringify({ [name]: 'x' })
  const free = await sendForm(replica, '/documents', acme, { text: 'a', fields: { metadata } })
  expectStatus(free, 202)
})

test('a broken file fails with its reason beside good ones, and can be tried again', async () => {
  const documents = [
    { documentId: 'good-1', text: 'Good one.' },
    { documentId: 'broken', contentBase64: base64('%BROKEN') },
    { documentId: 'good-2', contentBase64: base64('Good two.') },
  ]
  await replica.public({ path: '/documents/batch', authorization: acme, body: { documents } })
  const failed = await until(replica, acme, 'broken', 'failed')
  expect(failed).toMatchObject({
    attempts: 1,
    chunks: 0,
    reason: { code: 'unreadable_document', detail: 'The file is broken. Send a whole one.' },
  })
  await until(replica, acme, 'good-1', 'ready')
  await until(replica, acme, 'good-2', 'ready')
  const reads = () => replica.read.filter((text) => text === '%BROKEN').length
  expect(reads()).toBe(1)
  const retried = await replica.public({ method: 'POST', path: '/documents/broken/retry', authorization: acme })
  expectStatus(retried, 202)
  await expect.poll(reads, { timeout: 60_000 }).toBe(2)
  await until(replica, acme, 'broken', 'failed')
  // The same upload again tries it too, and another content repairs it.
  expectStatus(await send(documents[1]), 202)
  await expect.poll(reads, { timeout: 60_000 }).toBe(3)
  await until(replica, acme, 'broken', 'failed')
  await send({ documentId: 'broken', text: 'Whole now.' })
  await until(replica, acme, 'broken', 'ready')
  const nothing = await replica.public({ method: 'POST', path: '/documents/broken/retry', authorization: acme })
  expect(nothing).toMatchObject({ status: 409, json: { code: 'conflict' } })
  const unknown = await replica.public({ method: 'POST', path: '/documents/never/retry', authorization: acme })
  expectStatus(unknown, 404)
})

test('an upload is tried again after a passing fault, and says meanwhile what it waits for', async () => {
  let isAway = true
  replica.onEmbed = () => {
    if (isAway) throw new AppError('embedding_unavailable', 'The embedding provider cannot be reached.')
  }
  await send({ documentId: 'patient', text: 'Patience.' })
  const seen = async () => (await look('patient')).json.reason
  await expect.poll(seen, { timeout: 60_000 }).toMatchObject({ code: 'embedding_unavailable' })
  expect((await look('patient')).json.status).not.toBe('failed')
  isAway = false
  expect(await until(replica, acme, 'patient', 'ready')).not.toHaveProperty('reason')
})

test('a batch accepts and refuses each document alone', async () => {
  const documents = [
    { documentId: 'b-1', text: 'First of the batch.' },
    { documentId: 'no good', text: 'Its id is wrong.' },
    { documentId: 'b-3', contentBase64: '%' },
    { documentId: 'b-1', text: 'Twice.' },
    { text: 'Without an id.' },
  ]
  const answer = await replica.public({ path: '/documents/batch', authorization: acme, body: { documents } })
  expectStatus(answer, 202)
  expect(answer.json).toMatchObject({ accepted: 2, refused: 3 })
  expect(answer.json.items.map((item: { status: number }) => item.status)).toEqual([202, 400, 400, 400, 202])
  expect(answer.json.items[0]).toMatchObject({ location: '/documents/b-1', document: { documentId: 'b-1' } })
  expect(answer.json.items[1].problem).toMatchObject({ code: 'invalid_request', faults: [{ path: 'documentId' }] })
  await until(replica, acme, 'b-1', 'ready')
  await until(replica, acme, answer.json.items[4].document.documentId, 'ready')
  const names = { fields: { metadata: '{"kind":"form"}' } }
  const form = await sendForm(
    replica,
    '/documents/batch',
    acme,
    { text: 'One.', name: '1.txt', ...names },
    { text: 'Two.', name: '2.txt' },
  )
  expect(form).toMatchObject({ status: 202, json: { accepted: 2 } })
  expect(form.json.items).toHaveLength(2)
  for (const { document } of form.json.items) {
    expect(await until(replica, acme, document.documentId, 'ready')).toMatchObject({ metadata: { kind: 'form' } })
  }
})

test('what waits can be deleted, and a worker that has it stores nothing any more', async () => {
  const embedding = door()
  replica.onEmbed = embedding.pass
  await send({ documentId: 'withdrawn', text: 'Never to be seen.' })
  await embedding.reached
  const del = await replica.public({ method: 'DELETE', path: '/documents/withdrawn', authorization: acme })
  expectStatus(del, 204)
  expectStatus(await look('withdrawn'), 404)
  embedding.open()
  replica.onEmbed = undefined
  // The worker is free again when a later one is through.
  await send({ documentId: 'later', text: 'Later.' })
  await until(replica, acme, 'later', 'ready')
  expectStatus(await look('withdrawn'), 404)
  expect(await find('Never to be seen')).not.toContain('Never to be seen.')
})

test('a direct write comes after an upload that waits, and a later upload after an earlier one', async () => {
  const embedding = door()
  replica.onEmbed = (text) => (text.includes('old') ? embedding.pass() : undefined)
  await send({ documentId: 'overwritten', text: 'An old crane.' })
  await embedding.reached
  const put = await replica.public({
    method: 'PUT',
    path: '/documents/overwritten',
    authorization: acme,
    body: { text: 'A new crane.' },
  })
  expectStatus(put, 201)
  await send({ documentId: 'replaced', text: 'An old stork.' })
  await send({ documentId: 'replaced', text: 'A new stork.' })
  embedding.open()
  for (const id of ['overwritten', 'replaced']) await until(replica, acme, id, 'ready')
  const seen = await find('crane stork')
  expect(seen).toContain('A new crane.')
  expect(seen).toContain('A new stork.')
  expect(seen).not.toContain('old')
})

test('while an upload is being stored other writes of the document are refused and change nothing', async () => {
  const storing = door()
  replica.store.before('upsert', storing.pass)
  await send({ documentId: 'busy', text: 'Being stored.' })
  await storing.reached
  for (const [method, body] of [
    ['PUT', { text: 'Another.' }],
    ['DELETE', undefined],
  ] as const) {
    const answer = await replica.public({ method, path: '/documents/busy', authorization: acme, body })
    expect(answer).toMatchObject({ status: 409, json: { code: 'document_busy' } })
  }
  storing.open()
  await until(replica, acme, 'busy', 'ready')
  expect(await find('Being stored')).toContain('Being stored.')
})

test('a document that the groups don’t see is 404 also while it waits', async () => {
  const embedding = door()
  replica.onEmbed = embedding.pass
  await send({ documentId: 'minutes', text: 'Board minutes.', metadata: { visibility: ['board'] } })
  await embedding.reached
  const board = await world.service.issuer.tenant('acme', { groups: ['board'] })
  expect((await look('minutes', board)).json).toMatchObject({ status: 'embedding' })
  expect((await look('minutes')).text.replaceAll(/"requestId":"[^"]+"/g, '')).toBe(
    (await look('never-there')).text.replaceAll(/"requestId":"[^"]+"/g, ''),
  )
  const retry = await replica.public({ method: 'POST', path: '/documents/minutes/retry', authorization: acme })
  expectStatus(retry, 404)
  const list = async (authorization: string) =>
    (await replica.public({ path: '/documents?limit=100', authorization })).text
  expect(await list(board)).toContain('minutes')
  expect(await list(acme)).not.toContain('minutes')
  embedding.open()
  await until(replica, board, 'minutes', 'ready')
  expectStatus(await look('minutes'), 404)
})

test('the list pages over what is stored and what waits, in one order', async () => {
  const pager = await world.tenant(replica, 'pager')
  for (const id of ['p-1', 'p-4']) await send({ documentId: id, text: `Stored ${id}.` }, pager)
  for (const id of ['p-1', 'p-4']) await until(replica, pager, id, 'ready')
  const embedding = door()
  replica.onEmbed = embedding.pass
  for (const id of ['p-2', 'p-3', 'p-4']) await send({ documentId: id, text: `Waits as ${id}.` }, pager)
  await embedding.reached
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const path = `/documents?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`
    const { json } = await replica.public({ path, authorization: pager })
    seen.push(...json.items.map((item: { documentId: string }) => item.documentId))
    cursor = json.nextCursor
  }
  expect(seen).toEqual(['p-1', 'p-2', 'p-3', 'p-4'])
  embedding.open()
  for (const id of seen) await until(replica, pager, id, 'ready')
})

test('deleting everything takes back what waits', async () => {
  const tenant = await world.tenant(replica, 'emptied')
  const embedding = door()
  replica.onEmbed = embedding.pass
  for (const id of ['e-1', 'e-2', 'e-3']) await send({ documentId: id, text: `Text ${id}.` }, tenant)
  await embedding.reached
  const answer = await replica.public({ path: '/vectors/delete', authorization: tenant, body: { deleteAll: true } })
  expectStatus(answer, 200)
  embedding.open()
  await send({ documentId: 'e-4', text: 'After it.' }, tenant)
  await until(replica, tenant, 'e-4', 'ready')
  const { json } = await replica.public({ path: '/documents', authorization: tenant })
  expect(json.items.map((item: { documentId: string }) => item.documentId)).toEqual(['e-4'])
})

test('how much waits and how attempts ended is in the metrics', async () => {
  const { text } = await replica.admin({ path: '/metrics' })
  expect(text).toMatch(/^tenant_router_upload_attempts_total\{outcome="ready"\} [1-9]/m)
  expect(text).toMatch(/^tenant_router_upload_attempts_total\{outcome="failed"\} [1-9]/m)
  expect(text).toMatch(/^tenant_router_upload_attempt_seconds_count [1-9]/m)
  await send({ documentId: 'broken-2', contentBase64: base64('%BROKEN') })
  await until(replica, acme, 'broken-2', 'failed')
  expect((await replica.admin({ path: '/metrics' })).text).toMatch(/^tenant_router_uploads\{status="failed"\} [1-9]/m)
})
