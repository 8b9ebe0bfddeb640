import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { headersOf } from '../support/service-world.ts'
import { TwoReplicas } from '../support/two-replicas.ts'

let world: TwoReplicas
let staff: string
let nobody: string
let any: string
beforeAll(async () => {
  world = await TwoReplicas.open()
  const { issuer } = world.service
  staff = await issuer.tenant('acme', { groups: ['staff'] })
  nobody = await issuer.tenant('acme', { groups: [] })
  any = await issuer.tenant('acme', { groups: ['staff'], scope: 'rag:read rag:write rag:write:any' })
})
afterAll(() => world[Symbol.asyncDispose]())

const acme = parseTenantId('acme')
const values = bagOfWords('apple')
const ids = ['hidden', 'mine', 'everyones']

/** Stores a record and a document that only `hr` sees, ones that `staff` sees, and ones that all do. */
beforeEach(async () => {
  await world.done('a', '/vectors/delete', { deleteAll: true })
  for (const [id, visibility] of [
    ['hidden', ['hr']],
    ['mine', ['staff', 'hr']],
    ['everyones', undefined],
  ] as const) {
    const metadata = { n: 1, ...(visibility && { visibility }) }
    await world.upsert('a', id, metadata)
    await world.done('a', `/documents/${id}`, { text: `The ${id} document.`, metadata }, 'PUT')
  }
})

const request = { headers: { 'x-request-id': 'same' } }
const ask = async (token: string, path: string, body?: unknown, method = 'POST') => {
  const answer = await world.replicas.a.public({ path, method, authorization: token, body, ...request })
  return { status: answer.status, text: answer.text, headers: headersOf(answer) }
}
/** The stored content, regardless of visibility: the records' `n`, and the documents' texts. */
const stored = async () => {
  const place = world.stores.a.open((await world.replicas.a.services.routes.find(acme)).routing.active)
  const { records } = await place.fetch([...ids, ...ids.map((id) => `${id}#0`)])
  const values = [...records.values()].map(({ id, metadata }) => [id, metadata?.text ?? metadata?.n] as const)
  return Object.fromEntries(values.toSorted())
}

test.each([
  ['POST /vectors/update', (id: string) => ({ id, setMetadata: { n: 2, visibility: ['staff'] } })],
  ['POST /vectors/delete', (id: string) => ({ ids: [id] })],
  ['DELETE /documents/*', () => undefined],
])('%s of what is hidden changes nothing, and answers as for what is not there', async (asked, body) => {
  const [method = '', path = ''] = asked.split(' ')
  const before = await stored()
  for (const token of [staff, nobody]) {
    const hidden = await ask(token, path.replace('*', 'hidden'), body('hidden'), method)
    const missing = await ask(token, path.replace('*', 'absent'), body('absent'), method)
    expect(hidden).toEqual(missing)
    expect(await stored()).toEqual(before)
  }
})

test.each([
  [
    'POST /vectors/upsert',
    (id: string) => ({
      vectors: [
        { id: 'new', values },
        { id, values },
      ],
    }),
    'vectors[1].id',
  ],
  ['PUT /documents/*', () => ({ text: 'Another text.' }), 'documentId'],
  ['POST /documents', (documentId: string) => ({ documentId, text: 'Another text.' }), 'documentId'],
])('%s over what is hidden is refused, and nothing of the request is done', async (asked, body, path) => {
  const [method = '', at = ''] = asked.split(' ')
  const before = await stored()
  for (const token of [staff, nobody]) {
    const answer = await ask(token, at.replace('*', 'hidden'), body('hidden'), method)
    expectStatus(answer, 409)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'conflict', faults: [{ path }] })
    expect(answer.text).not.toContain('hr')
  }
  expect(await stored()).toEqual(before)
})

test('what a token sees it changes, deletes and writes over', async () => {
  expectStatus(await ask(staff, '/vectors/update', { id: 'mine', setMetadata: { n: 2 } }), 200)
  expectStatus(await ask(nobody, '/vectors/update', { id: 'everyones', setMetadata: { n: 3 } }), 200)
  expectStatus(await ask(staff, '/documents/mine', { text: 'Another text.' }, 'PUT'), 200)
  expectStatus(await ask(nobody, '/documents/everyones', undefined, 'DELETE'), 204)
  expectStatus(await ask(staff, '/vectors/delete', { ids: ['everyones', 'hidden'] }), 200)
  expect(await stored()).toEqual({
    hidden: 1,
    'hidden#0': 'The hidden document.',
    mine: 2,
    'mine#0': 'Another text.',
  })
})

test('a filter, and a deletion of everything, take what the token sees', async () => {
  expectStatus(await ask(nobody, '/vectors/delete', { filter: { n: 1 } }), 200)
  expect(Object.keys(await stored()).toSorted()).toEqual(['everyones#0', 'hidden', 'hidden#0', 'mine', 'mine#0'])
  expectStatus(await ask(staff, '/vectors/delete', { deleteAll: true }), 200)
  expect(Object.keys(await stored()).toSorted()).toEqual(['hidden', 'hidden#0'])
  const { json } = await world.service.issuer
    .tenant('acme', { groups: ['hr'] })
    .then((authorization) => world.replicas.b.public({ path: '/documents', authorization }))
  expect(json.items.map((one: { documentId: string }) => one.documentId)).toEqual(['hidden'])
})

test.each(['a token without a groups claim', 'one with the scope rag:write:any'])('%s writes all', async (name) => {
  const token = name.startsWith('a') ? await world.service.issuer.tenant('acme') : any
  expectStatus(await ask(token, '/vectors/update', { id: 'hidden', setMetadata: { n: 5 } }), 200)
  expectStatus(await ask(token, '/documents/hidden', { text: 'Another text.' }, 'PUT'), 200)
  expect(await stored()).toMatchObject({ hidden: 5, 'hidden#0': 'Another text.' })
  expectStatus(await ask(token, '/vectors/upsert', { vectors: [{ id: 'mine', values }] }), 200)
  expectStatus(await ask(token, '/vectors/delete', { deleteAll: true }), 200)
  expect(await stored()).toEqual({})
})

test('a document that is put while a hidden one of its id comes into being is refused', async () => {
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let held = false
  world.stores.b.before('upsert', () => {
    if (held) return undefined
    held = true
    reached.resolve()
    return goOn.promise
  })
  const metadata = { visibility: ['hr'] }
  const first = world.done('b', '/documents/fresh', { text: 'What hr sees.', metadata }, 'PUT')
  await reached.promise
  const second = await ask(staff, '/documents/fresh', { text: 'Another text.' }, 'PUT')
  goOn.resolve()
  await first
  world.stores.b.before('upsert', undefined)
  expectStatus(second, 409)
  await world.done('a', '/documents/fresh', undefined, 'DELETE')
})
