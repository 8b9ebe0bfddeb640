import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { TenantPrincipal } from '../../src/auth/principal.ts'
import { AppError } from '../../src/errors.ts'
import { deleteDocument } from '../../src/rag/documents/delete-document.ts'
import { listDocuments } from '../../src/rag/documents/list-documents.ts'
import { putDocument } from '../../src/rag/documents/put-document.ts'
import { deleteVectors } from '../../src/rag/vectors/delete-vectors.ts'
import { fetchVectors } from '../../src/rag/vectors/fetch-vectors.ts'
import { updateVector } from '../../src/rag/vectors/update-vector.ts'
import { upsertVectors } from '../../src/rag/vectors/upsert-vectors.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { RagWorld } from '../support/rag-world.ts'

let world: RagWorld
let acme: TenantPrincipal

beforeAll(async () => {
  world = await RagWorld.open()
})
beforeEach(async () => {
  world.local.local.setFaults({ rules: [], lagMs: 0 })
  acme = await world.tenant()
})
afterAll(() => world[Symbol.asyncDispose]())

const values = bagOfWords('apple')
const upsert = (...ids: string[]) =>
  upsertVectors(world.deps, acme, { vectors: ids.map((id) => ({ id, values, metadata: { name: id } })) })
const put = (documentId: string, text = 'apple') => putDocument(world.deps, acme, { documentId, text })
const storedIds = async () => [...(await world.stored(acme.tenantId)).keys()].toSorted()
const documentIds = async () => (await listDocuments(world.deps, acme)).items.map(({ documentId }) => documentId)
const refuse = (code: 'store_busy' | 'outcome_unknown') => () => {
  throw new AppError(code, 'as the test says')
}

test('records come back as they were put, the later of two with one id', async () => {
  const vectors = [
    { id: 'a', values: bagOfWords('x'), metadata: { n: 1 } },
    { id: 'b', values },
    { id: 'a', values, metadata: { n: 2, tags: ['t'] } },
  ]
  expect(await upsertVectors(world.deps, acme, { vectors })).toEqual({ upsertedCount: 3 })
  const { vectors: found } = await fetchVectors(world.deps, acme, { ids: ['a', 'b', 'c', 'a'] })
  expect(Object.keys(found)).toEqual(['a', 'b'])
  expect(found.a).toMatchObject({ id: 'a', metadata: { n: 2, tags: ['t'] } })
  expect(found.b).toEqual({ id: 'b', values: expect.any(Array) })
})

test('a change in part keeps the rest', async () => {
  await upsertVectors(world.deps, acme, { vectors: [{ id: 'a', values, metadata: { keep: 1, change: 1 } }] })
  await updateVector(world.deps, acme, { id: 'a', setMetadata: { change: 2, more: 'x' } })
  await updateVector(world.deps, acme, { id: 'a', values: bagOfWords('pear') })
  const { a } = (await fetchVectors(world.deps, acme, { ids: ['a'] })).vectors
  expect(a?.metadata).toEqual({ keep: 1, change: 2, more: 'x' })
  expect(Float32Array.from(a?.values ?? [])).toEqual(Float32Array.from(bagOfWords('pear')))
  await updateVector(world.deps, acme, { id: 'nobody', setMetadata: { a: 1 } })
  expect(await storedIds()).toEqual(['a'])
})

test('changes of one record at once are all in it, also while the store shows writes late', async () => {
  await upsert('a')
  world.local.local.setFaults({ lagMs: 40 })
  const deps = { ...world.deps, settings: { ...world.deps.settings, storeVisibleMs: 20_000 } }
  const names = ['k0', 'k1', 'k2', 'k3', 'k4']
  await Promise.all(names.map((name) => updateVector(deps, acme, { id: 'a', setMetadata: { [name]: true } })))
  world.local.local.setFaults({ lagMs: 0 })
  await expect
    .poll(async () =>
      Object.keys((await fetchVectors(deps, acme, { ids: ['a'] })).vectors.a?.metadata ?? {}).toSorted(),
    )
    .toEqual([...names, 'name'])
})

test('a change waits for an upsert of the same record that came before it', async () => {
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await upsert('a')
  world.deps.stores.before('upsert', () => {
    reached.resolve()
    return goOn.promise
  })
  const put = upsertVectors(world.deps, acme, { vectors: [{ id: 'a', values, metadata: { name: 'new' } }] })
  await reached.promise
  world.deps.stores.before('upsert', undefined)
  const change = updateVector(world.deps, acme, { id: 'a', setMetadata: { extra: 1 } })
  goOn.resolve()
  await Promise.all([put, change])
  const { a } = (await fetchVectors(world.deps, acme, { ids: ['a'] })).vectors
  expect(a?.metadata).toEqual({ name: 'new', extra: 1 })
})

test('chunks of documents cannot be written, changed or deleted here', async () => {
  await put('guide')
  for (const write of [
    () => upsert('guide#0'),
    () => upsert('fine', 'x#y'),
    () => updateVector(world.deps, acme, { id: 'guide#0', setMetadata: { a: 1 } }),
    () => deleteVectors(world.deps, acme, { ids: ['guide#0'] }),
  ]) {
    await expect(write()).rejects.toMatchObject({ code: 'invalid_request' })
  }
  expect(await storedIds()).toEqual(['guide#0'])
})

test.each([
  [{ id: 'x'.repeat(513), values }, 'vectors[0].id'],
  [{ id: 'naïve', values }, 'vectors[0].id'],
  [{ id: 'a', values: [1] }, 'vectors[0].values'],
  [{ id: 'a', values: values.map(() => 0) }, 'vectors[0].values'],
  [{ id: 'a', values, metadata: { _tr: 1 } }, 'vectors[0].metadata._tr'],
  [{ id: 'a', values, metadata: { visibility: 'hr' } }, 'vectors[0].metadata.visibility'],
  [{ id: 'a', values, metadata: { a: 'x'.repeat(40_921) } }, 'vectors[0].metadata'],
  [{ id: '_tr_probe', values }, 'vectors[0].id'],
  [{ id: 'a', values, sparseValues: { indices: [1, 1], values: [1, 1] } }, 'vectors[0].sparseValues.indices'],
])('a record with a fault is refused with its path (%#)', async (vector, path) => {
  const refusal = await upsertVectors(world.deps, acme, { vectors: [vector] }).catch((error: AppError) => error)
  expect(refusal).toMatchObject({ code: 'invalid_request', faults: [{ path }] })
})

test('deleting by ids deletes those, and is no fault where there is nothing', async () => {
  await upsert('a', 'b', 'c')
  await deleteVectors(world.deps, acme, { ids: ['a', 'c', 'nobody'] })
  expect(await storedIds()).toEqual(['b'])
})

test('deletes by filter keep to the five a second that the store takes, and the others are refused as busy', async () => {
  await upsert('a')
  const rule = { fault: 'rateLimit', on: 'delete', perSecond: 5, burst: 5 } as const
  world.local.local.setFaults({ rules: [rule] })
  const asked = Array.from({ length: 30 }, () => deleteVectors(world.deps, acme, { filter: { name: 'a' } }))
  const told = await Promise.allSettled(asked)
  const refusals = told.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  expect(refusals.length).toBeGreaterThan(0)
  expect(refusals.length).toBeLessThan(30)
  for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'store_busy' })
  for (const { retryAfterS } of refusals) expect(retryAfterS).toBeGreaterThan(0)
  world.local.local.setFaults({ rules: [] })
  expect(await storedIds()).toEqual([])
})

test('a delete by filter without an answer is reported as that, and is not repeated', async () => {
  await upsert('a')
  world.deps.stores.after('deleteByFilter', refuse('outcome_unknown'))
  world.deps.stores.calls.length = 0
  await expect(deleteVectors(world.deps, acme, { filter: { name: 'a' } })).rejects.toMatchObject({
    code: 'outcome_unknown',
  })
  world.deps.stores.after('deleteByFilter', undefined)
  expect(world.deps.stores.calls).toEqual(['deleteByFilter'])
})

test('deleting by filter deletes the app’s own records over many pages, and no chunk of a document', async () => {
  const many = Array.from({ length: 250 }, (_, at) => ({
    id: `r${at}`,
    values,
    metadata: { old: at % 2 === 0, visibility: ['hr'] },
  }))
  await upsertVectors(world.deps, acme, { vectors: many })
  await putDocument(world.deps, acme, { documentId: 'guide', text: 'apple', metadata: { old: true } })
  await deleteVectors(world.deps, acme, { filter: { old: true } })
  const left = await storedIds()
  expect(left).toHaveLength(126)
  expect(left).toContain('guide#0')
  expect(await documentIds()).toEqual(['guide'])
})

test.each([
  {},
  { ids: ['a'], deleteAll: true },
  { ids: ['a'], filter: { a: 1 } },
  { filter: {} },
  { deleteAll: false },
  { ids: [] },
])('a deletion has to say just one thing: %j is refused', async (input) => {
  await upsert('a')
  await expect(deleteVectors(world.deps, acme, input)).rejects.toMatchObject({ code: 'invalid_request' })
  expect(await storedIds()).toEqual(['a'])
})

test('deleting everything takes the documents with it, and nothing of another tenant', async () => {
  const other = await world.tenant()
  await putDocument(world.deps, other, { documentId: 'guide', text: 'apple' })
  await upsert('a', 'b')
  await put('guide')
  await deleteVectors(world.deps, acme, { deleteAll: true })
  expect(await storedIds()).toEqual([])
  expect(await documentIds()).toEqual([])
  expect((await world.stored(other.tenantId)).size).toBe(1)
  expect(await put('guide')).toMatchObject({ status: 'created' })
  expect(await storedIds()).toEqual(['guide#0'])
})

test('a refused deletion of everything has changed nothing', async () => {
  await put('guide')
  world.deps.stores.before('deleteAll', refuse('store_busy'))
  await expect(deleteVectors(world.deps, acme, { deleteAll: true })).rejects.toMatchObject({ code: 'store_busy' })
  world.deps.stores.before('deleteAll', undefined)
  expect((await listDocuments(world.deps, acme)).items).toMatchObject([{ documentId: 'guide', status: 'ready' }])
  expect(await put('guide')).toMatchObject({ status: 'unchanged' })
})

test('a deletion of everything without an answer bars documents until it can no longer land; it can be repeated', async () => {
  await put('guide')
  world.deps.stores.after('deleteAll', refuse('outcome_unknown'))
  await expect(deleteVectors(world.deps, acme, { deleteAll: true })).rejects.toMatchObject({ code: 'outcome_unknown' })
  world.deps.stores.after('deleteAll', undefined)
  await expect(put('guide')).rejects.toMatchObject({ code: 'document_busy' })
  await deleteVectors(world.deps, acme, { deleteAll: true })
  expect(await documentIds()).toEqual([])
  await expect(put('guide')).rejects.toMatchObject({ code: 'document_busy' })
  await doubtIsOver()
  expect(await put('guide')).toMatchObject({ status: 'created' })
})

test.each(['before', 'after'] as const)(
  'a replica that dies %s the store deleted everything: no document is taken for stored afterwards',
  async (when) => {
    await put('guide')
    const reached = Promise.withResolvers<void>()
    world.deps.stores[when]('deleteAll', () => {
      reached.resolve()
      return new Promise<void>(() => undefined)
    })
    void deleteVectors(world.deps, acme, { deleteAll: true })
    await reached.promise
    world.deps.stores[when]('deleteAll', undefined)
    await expect(put('other')).rejects.toMatchObject({ code: 'document_busy' })
    await doubtIsOver()
    expect(await put('guide')).toMatchObject({ status: 'updated' })
    expect(await storedIds()).toEqual(['guide#0'])
    await deleteVectors(world.deps, acme, { deleteAll: true })
    expect(await documentIds()).toEqual([])
    expect(await storedIds()).toEqual([])
  },
)

test('everything is not deleted while a document is being written', async () => {
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  world.deps.stores.before('upsert', () => {
    reached.resolve()
    return goOn.promise
  })
  const writing = put('guide')
  await reached.promise
  world.deps.stores.before('upsert', undefined)
  await expect(deleteVectors(world.deps, acme, { deleteAll: true })).rejects.toMatchObject({ code: 'document_busy' })
  goOn.resolve()
  expect(await writing).toMatchObject({ status: 'created' })
  await deleteVectors(world.deps, acme, { deleteAll: true })
  expect(await storedIds()).toEqual([])
})

test('each write announces that the tenant’s kept answers are void, also one that failed on the way', async () => {
  const told = async (write: () => Promise<unknown>) => {
    world.announced.length = 0
    await write().catch(() => undefined)
    return world.announced
  }
  expect(await told(() => upsert('a'))).toEqual([acme.tenantId])
  expect(await told(() => put('guide'))).toEqual([acme.tenantId])
  expect(await told(() => put('guide'))).toEqual([])
  expect(await told(() => updateVector(world.deps, acme, { id: 'a', setMetadata: { b: 1 } }))).toEqual([acme.tenantId])
  world.deps.stores.after('upsert', refuse('outcome_unknown'))
  expect(await told(() => upsert('b'))).toEqual([acme.tenantId])
  world.deps.stores.after('upsert', undefined)
  expect(await told(() => deleteVectors(world.deps, acme, { deleteAll: true }))).toEqual([acme.tenantId])
})

/** Ends the time in which an unanswered call may land. */
async function doubtIsOver(): Promise<void> {
  await world.home.sql`update documents set claim_until = now() - interval '1 second' where claim_until is not null`
}

test('every write to an index that is gone is a fault of the store, and nobody takes it for a wrong address', async () => {
  await upsertVectors(world.deps, acme, { vectors: [{ id: 'a', values }] })
  const document = { documentId: 'guide', text: 'An apple.' }
  await putDocument(world.deps, acme, document)
  const methods = ['upsert', 'update', 'deleteIds', 'deleteByFilter', 'deleteAll', 'list', 'fetch'] as const
  let met = 0
  for (const method of methods) {
    world.deps.stores.before(method, () => {
      met += 1
      throw new AppError('not_found', 'The vector store has no such index.')
    })
  }
  const writes = {
    upsert: () => upsertVectors(world.deps, acme, { vectors: [{ id: 'a', values }] }),
    update: () => updateVector(world.deps, acme, { id: 'a', values }),
    'delete by id': () => deleteVectors(world.deps, acme, { ids: ['a'] }),
    'delete by filter': () => deleteVectors(world.deps, acme, { filter: { name: 'a' } }),
    'delete all': () => deleteVectors(world.deps, acme, { deleteAll: true }),
    'the same document': () => putDocument(world.deps, acme, document),
    'another document': () => putDocument(world.deps, acme, { documentId: 'other', text: 'A pear.' }),
    'delete a document': () => deleteDocument(world.deps, acme, { documentId: 'guide' }),
  }
  const codes: Record<string, unknown> = {}
  for (const [name, write] of Object.entries(writes)) {
    codes[name] = await write().then(
      () => 'done',
      (error: AppError) => error.code,
    )
  }
  for (const method of methods) world.deps.stores.before(method, undefined)
  expect(met).toBeGreaterThanOrEqual(Object.keys(writes).length)
  expect(codes).toEqual(Object.fromEntries(Object.keys(writes).map((name) => [name, 'store_inconsistent'])))
})
