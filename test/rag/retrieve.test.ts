import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { TenantPrincipal } from '../../src/auth/principal.ts'
import { AppError } from '../../src/errors.ts'
import { deleteDocument } from '../../src/rag/documents/delete-document.ts'
import { getDocument } from '../../src/rag/documents/get-document.ts'
import { listDocuments } from '../../src/rag/documents/list-documents.ts'
import { putDocument } from '../../src/rag/documents/put-document.ts'
import { ragMemory } from '../../src/rag/rag-memory.ts'
import { deleteVectors } from '../../src/rag/vectors/delete-vectors.ts'
import { fetchVectors } from '../../src/rag/vectors/fetch-vectors.ts'
import { updateVector } from '../../src/rag/vectors/update-vector.ts'
import { upsertVectors } from '../../src/rag/vectors/upsert-vectors.ts'
import { tickRouting } from '../../src/routing/change-routing.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { RagWorld } from '../support/rag-world.ts'
import { retrieveAnswer } from '../support/retrieve-answer.ts'

let world: RagWorld
let acme: TenantPrincipal

beforeAll(async () => {
  world = await RagWorld.open()
})
beforeEach(async () => {
  acme = await world.tenant()
})
afterAll(() => world[Symbol.asyncDispose]())

const put = (documentId: string, text: string, metadata?: object) =>
  putDocument(world.deps, acme, { documentId, text, source: `${documentId}.md`, metadata })
const asGroups = (...groups: string[]): TenantPrincipal => ({ ...acme, groups })
const ids = async (principal: TenantPrincipal, input: object = { query: 'apple' }) =>
  (await retrieveAnswer(world.deps, principal, input)).matches.map(({ id }) => id)

test('a match tells its text, document and source, and the document’s own metadata apart from them', async () => {
  await put('fruit', '# Apples\n\nAn apple a day.', { year: 2026, tags: ['x'] })
  const answer = await retrieveAnswer(world.deps, acme, { query: 'apple', topK: 1 })
  expect(answer).toEqual({
    matches: [
      {
        id: 'fruit#0',
        documentId: 'fruit',
        source: 'fruit.md',
        text: 'Apples\n\nAn apple a day.',
        score: expect.any(Number),
        metadata: { year: 2026, tags: ['x'] },
        position: { start: 10, end: 25, heading: 'Apples' },
      },
    ],
    usage: { embeddingTokens: 1, readUnits: expect.any(Number) },
    route: { tier: 'standard', generation: 1 },
  })
})

test('of an app’s own record the text is lifted out, and the rest of its metadata stays', async () => {
  const metadata = { text: 'hello', source: 7, chunk: 3, documentId: 'mine' }
  await upsertVectors(world.deps, acme, { vectors: [{ id: 'own', values: bagOfWords('apple'), metadata }] })
  const { matches } = await retrieveAnswer(world.deps, acme, { vector: bagOfWords('apple'), includeValues: true })
  expect(matches).toMatchObject([
    { id: 'own', text: 'hello', documentId: 'mine', source: null, metadata: { source: 7, chunk: 3 } },
  ])
  expect(matches[0]?.position).toBeNull()
  expect(matches[0]?.values).toHaveLength(64)
})

test('a match of a file’s chunk tells its page; among its metadata the position is in no answer', async () => {
  const text = 'An apple a day.\n\nA pear a night.'
  const pages = { pageStarts: [0, 17], chunking: { tokens: 32 } }
  await putDocument(world.deps, acme, { documentId: 'fruit', text, ...pages })
  const { matches } = await retrieveAnswer(world.deps, acme, { query: 'apple' })
  expect(matches).toMatchObject([{ position: { start: 0, end: text.length, page: 1 }, metadata: {} }])
  expect(matches[0]?.metadata).toEqual({})
  const { vectors } = await fetchVectors(world.deps, acme, { ids: ['fruit#0'] })
  expect(Object.keys(vectors['fruit#0']?.metadata ?? {}).toSorted()).toEqual(['chunk', 'documentId', 'text'])
})

test('a mark of the router in a record is in no answer', async () => {
  const place = await world.placeOf(acme.tenantId)
  await place.upsert([{ id: 'own', values: bagOfWords('apple'), metadata: { a: 1, _tr: 77 } }])
  expect((await retrieveAnswer(world.deps, acme, { query: 'apple' })).matches[0]?.metadata).toEqual({ a: 1 })
  expect((await fetchVectors(world.deps, acme, { ids: ['own'] })).vectors.own?.metadata).toEqual({ a: 1 })
})

test('topK, minScore and a vector do what they say', async () => {
  const words = ['apple', 'apple pear', 'plum']
  await upsertVectors(world.deps, acme, {
    vectors: words.map((word) => ({ id: word.replace(' ', '-'), values: bagOfWords(word) })),
  })
  expect(await ids(acme, { vector: bagOfWords('apple'), topK: 2 })).toEqual(['apple', 'apple-pear'])
  expect(await ids(acme, { query: 'apple', minScore: 0.9 })).toEqual(['apple'])
  expect(await ids(acme, { query: 'apple', minScore: 1.1 })).toEqual([])
})

test('every reading path hides what the caller’s groups don’t see', async () => {
  await put('open', 'apple')
  await put('hr', 'apple', { visibility: ['hr'] })
  await put('both', 'apple', { visibility: ['hr', 'it'] })
  await upsertVectors(world.deps, acme, {
    vectors: [{ id: 'own', values: bagOfWords('apple'), metadata: { visibility: ['it'] } }],
  })
  const everything = ['both#0', 'hr#0', 'open#0', 'own']
  const seen = async (...groups: string[]) => {
    const principal = asGroups(...groups)
    const found = (await ids(principal)).toSorted()
    const fetched = Object.keys((await fetchVectors(world.deps, principal, { ids: everything })).vectors).toSorted()
    expect(fetched).toEqual(found)
    const listed = (await listDocuments(world.deps, principal)).items.map(({ documentId }) => `${documentId}#0`)
    expect(listed).toEqual(found.filter((id) => id !== 'own'))
    for (const documentId of ['both', 'hr', 'open']) {
      const got = getDocument(world.deps, principal, { documentId }).then(
        () => true,
        (error: AppError) => error.code !== 'not_found',
      )
      expect(await got).toBe(listed.includes(`${documentId}#0`))
    }
    return found
  }
  expect(await seen()).toEqual(['open#0'])
  expect(await seen('hr')).toEqual(['both#0', 'hr#0', 'open#0'])
  expect(await seen('it')).toEqual(['both#0', 'open#0', 'own'])
  expect(await seen('hr', 'it')).toEqual(everything)
  expect(await seen('other')).toEqual(['open#0'])
})

test('a filter that asks for hidden records finds none of them', async () => {
  await put('hr', 'apple', { visibility: ['hr'] })
  await put('open', 'apple')
  for (const filter of [
    { visibility: { $in: ['hr'] } },
    { $or: [{ visibility: 'hr' }, { documentId: 'hr' }] },
    { visibility: { $exists: true } },
    { documentId: 'hr' },
  ]) {
    expect(await ids(acme, { query: 'apple', filter })).toEqual([])
    expect(await ids(asGroups('hr'), { query: 'apple', filter })).toEqual(['hr#0'])
  }
})

test('tenants with the same documents and questions get their own', async () => {
  const other = await world.tenant()
  await put('guide', 'apple of acme')
  await putDocument(world.deps, other, { documentId: 'guide', text: 'apple of the other' })
  const textFor = async (principal: TenantPrincipal) =>
    (await retrieveAnswer(world.deps, principal, { query: 'apple' })).matches.map(({ text }) => text)
  expect(await textFor(acme)).toEqual(['apple of acme'])
  expect(await textFor(other)).toEqual(['apple of the other'])
  await deleteDocument(world.deps, other, { documentId: 'guide' })
  expect(await textFor(acme)).toEqual(['apple of acme'])
})

test.each([
  [{}, 'query'],
  [{ query: 'a', vector: bagOfWords('a') }, 'query'],
  [{ query: '  ' }, 'query'],
  [{ vector: [1, 2] }, 'vector'],
  [{ query: 'a', topK: 0 }, 'topK'],
  [{ query: 'a', topK: 101 }, 'topK'],
  [{ query: 'a', topK: 1.5 }, 'topK'],
  [{ query: 'a', mode: 'sparse' }, 'mode'],
  [{ query: 'a', minScore: Number.NaN }, 'minScore'],
  [{ query: 'a', filter: { _tr: 1 } }, 'filter._tr'],
])('the question %j is refused', async (input, path) => {
  const refusal = await retrieveAnswer(world.deps, acme, input).catch((error: AppError) => error)
  expect(refusal).toMatchObject({ code: 'invalid_request', faults: [{ path }] })
})

/** A replica that remembers nothing of earlier empty answers. */
const fresh = () => ({ ...world.deps, memory: ragMemory() })

test('an empty answer is believed of a tenant that has nothing, and of a question that nothing matches', async () => {
  expect(await ids(acme)).toEqual([])
  await put('guide', 'apple')
  const { matches } = await retrieveAnswer(fresh(), acme, { query: 'apple', filter: { year: 1 } })
  expect(matches).toEqual([])
})

test('an empty answer of a place that lost its records is no answer', async () => {
  await put('guide', 'apple')
  await (await world.placeOf(acme.tenantId)).deleteAll()
  await expect(retrieveAnswer(fresh(), acme, { query: 'apple' })).rejects.toMatchObject({ code: 'store_inconsistent' })
})

test('documents younger than the store’s lag prove nothing yet', async () => {
  await put('guide', 'apple')
  await (await world.placeOf(acme.tenantId)).deleteAll()
  const patient = { ...fresh(), settings: { ...world.deps.settings, storeVisibleMs: 60_000 } }
  expect((await retrieveAnswer(patient, acme, { query: 'apple' })).matches).toEqual([])
})

test('an empty answer of a namespace that is not there is no answer', async () => {
  await (await world.placeOf(acme.tenantId)).deleteNamespace()
  await expect(retrieveAnswer(fresh(), acme, { query: 'apple' })).rejects.toMatchObject({ code: 'store_inconsistent' })
})

test('empty answers are looked into once in a while, not each time', async () => {
  const from = world.deps.stores.calls.length
  const deps = fresh()
  for (let time = 0; time < 5; time += 1) await retrieveAnswer(deps, acme, { query: 'apple' })
  const calls = world.deps.stores.calls.slice(from)
  expect(calls.filter((call) => call === 'describeNamespace')).toHaveLength(1)
})

test('an index that is gone is a fault of ours, not a missing record', async () => {
  world.deps.stores.before('query', () => {
    throw new AppError('not_found', 'no index')
  })
  await expect(retrieveAnswer(world.deps, acme, { query: 'apple' })).rejects.toMatchObject({
    code: 'store_inconsistent',
  })
  world.deps.stores.before('query', undefined)
  world.deps.stores.before('upsert', () => {
    throw new AppError('not_found', 'no index')
  })
  await expect(put('lost', 'apple')).rejects.toMatchObject({ code: 'store_inconsistent' })
  world.deps.stores.before('upsert', undefined)
})

test('the list of documents is walked page by page, each document once', async () => {
  for (let at = 0; at < 7; at += 1) await put(`doc-${at}`, `apple ${at}`, at === 3 ? { visibility: ['hr'] } : {})
  const seen: string[] = []
  let cursor: string | null | undefined
  do {
    const page = await listDocuments(world.deps, acme, { limit: 2, ...(cursor ? { cursor } : {}) })
    expect(page.items.length).toBeLessThanOrEqual(2)
    seen.push(...page.items.map(({ documentId }) => documentId))
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(seen).toEqual([0, 1, 2, 4, 5, 6].map((at) => `doc-${at}`))
  await expect(listDocuments(world.deps, acme, { cursor: 'made-up' })).rejects.toMatchObject({
    code: 'invalid_request',
  })
})

test('a suspended tenant reads and writes nothing', async () => {
  await put('guide', 'apple')
  await world.home.sql`update tenants set status = 'suspended' where id = ${acme.tenantId}`
  await world.home.db.transaction((tx) => tickRouting(tx, acme.tenantId))
  await world.deps.routes.catchUp()
  const { deps } = world
  const vectors = [{ id: 'own', values: bagOfWords('apple') }]
  for (const use of [
    () => retrieveAnswer(deps, acme, { query: 'apple' }),
    () => put('guide', 'apple'),
    () => put('other', 'pear'),
    () => getDocument(deps, acme, { documentId: 'guide' }),
    () => listDocuments(deps, acme),
    () => deleteDocument(deps, acme, { documentId: 'guide' }),
    () => upsertVectors(deps, acme, { vectors }),
    () => fetchVectors(deps, acme, { ids: ['guide#0'] }),
    () => updateVector(deps, acme, { id: 'own', setMetadata: { a: 1 } }),
    () => deleteVectors(deps, acme, { deleteAll: true }),
  ]) {
    await expect(use()).rejects.toMatchObject({ code: 'tenant_suspended' })
  }
})
