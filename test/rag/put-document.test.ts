import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { TenantPrincipal } from '../../src/auth/principal.ts'
import { AppError } from '../../src/errors.ts'
import { deleteDocument } from '../../src/rag/documents/delete-document.ts'
import { getDocument } from '../../src/rag/documents/get-document.ts'
import { putDocument } from '../../src/rag/documents/put-document.ts'
import type { HashEmbedder } from '../support/hash-embedder.ts'
import { RagWorld } from '../support/rag-world.ts'
import { retrieveAnswer } from '../support/retrieve-answer.ts'
import type { StoreMethod } from '../support/watched-store.ts'

let world: RagWorld
let acme: TenantPrincipal

beforeAll(async () => {
  world = await RagWorld.open()
})
beforeEach(async () => {
  acme = await world.tenant()
})
afterAll(() => world[Symbol.asyncDispose]())

/** Sections, and so chunks. */
const textOf = (word: string, sections: number) =>
  Array.from({ length: sections }, (_, at) => `## Part ${at}\n\n${word} number ${at} is told here.`).join('\n\n')

const put = (text: string, metadata?: object) =>
  putDocument(world.deps, acme, { documentId: 'guide', text, source: 'a/guide.md', metadata })

async function storedTexts(): Promise<Record<string, unknown>> {
  const records = await world.stored(acme.tenantId)
  return Object.fromEntries([...records].map(([id, { metadata }]) => [id, metadata?.text]))
}

const expected = (word: string, sections: number) =>
  Object.fromEntries(
    Array.from({ length: sections }, (_, at) => [`guide#${at}`, `Part ${at}\n\n${word} number ${at} is told here.`]),
  )

function calls(work: () => Promise<unknown>): Promise<StoreMethod[]> {
  const from = world.deps.stores.calls.length
  return work().then(() => world.deps.stores.calls.slice(from))
}

test('a document is cut, stored with its metadata, and noted', async () => {
  const answer = await put(textOf('apple', 3), { year: 2026, tags: ['a'], visibility: ['hr'] })
  expect(answer).toMatchObject({ documentId: 'guide', chunks: 3, status: 'created' })
  expect(await storedTexts()).toEqual(expected('apple', 3))
  expect((await world.stored(acme.tenantId)).get('guide#1')?.metadata).toEqual({
    year: 2026,
    tags: ['a'],
    visibility: ['hr'],
    text: 'Part 1\n\napple number 1 is told here.',
    documentId: 'guide',
    source: 'a/guide.md',
    chunk: 1,
    _tr_start: 52,
    _tr_end: 80,
    _tr_heading: 'Part 1',
  })
  expect(textOf('apple', 3).slice(52, 80)).toBe('apple number 1 is told here.')
  const hr = { ...acme, groups: ['hr'] }
  expect(await getDocument(world.deps, hr, { documentId: 'guide' })).toMatchObject({ chunks: 3, status: 'ready' })
})

test('the same content again writes nothing and embeds nothing', async () => {
  await put(textOf('apple', 3), { a: 1, b: 2 })
  const { count } = world.deps.embedder as HashEmbedder
  expect(await calls(() => put(textOf('apple', 3), { b: 2, a: 1 }))).toEqual(['list'])
  expect(world.deps.embedder).toMatchObject({ count })
  expect(await put(textOf('apple', 3), { a: 1, b: 2 })).toMatchObject({ chunks: 3, status: 'unchanged' })
})

test.each([
  ['text', () => put(textOf('pear', 3), { a: 1 })],
  ['metadata', () => put(textOf('apple', 3), { a: 2 })],
  [
    'source',
    () => putDocument(world.deps, acme, { documentId: 'guide', text: textOf('apple', 3), metadata: { a: 1 } }),
  ],
])('another %s is other content', async (_, again) => {
  await put(textOf('apple', 3), { a: 1 })
  expect(await calls(again)).toEqual(['upsert'])
})

test.each([
  ['all of its place', ['guide#0', 'guide#1', 'guide#2', 'other#0']],
  ['one chunk of it', ['guide#1']],
])('a document of which the store has lost %s is written anew by the same content', async (_what, gone) => {
  await put(textOf('apple', 3))
  await putDocument(world.deps, acme, { documentId: 'other', text: 'Something else.' })
  await (await world.placeOf(acme.tenantId)).deleteIds(gone)
  expect(await put(textOf('apple', 3))).toMatchObject({ chunks: 3, status: 'updated' })
  expect(await storedTexts()).toMatchObject(expected('apple', 3))
  expect(await put(textOf('apple', 3))).toMatchObject({ chunks: 3, status: 'unchanged' })
  if (!gone.includes('other#0')) return
  // A document that nobody has put again is still known to be lost.
  const nothing = retrieveAnswer(world.deps, acme, { query: 'pear', filter: { documentId: 'other' } })
  await expect(nothing).rejects.toMatchObject({ code: 'store_inconsistent' })
})

test('a namespace that is gone is healed by putting the documents again', async () => {
  await put(textOf('apple', 3))
  await (await world.placeOf(acme.tenantId)).deleteNamespace()
  expect(await put(textOf('apple', 3))).toMatchObject({ chunks: 3, status: 'updated' })
  expect(await storedTexts()).toEqual(expected('apple', 3))
})

test('what was just written and is not shown yet is not lost', async () => {
  const deps = { ...world.deps, settings: { ...world.deps.settings, storeVisibleMs: 60_000 } }
  const again = () => putDocument(deps, acme, { documentId: 'guide', text: textOf('apple', 3), source: 'a/guide.md' })
  await again()
  // As a store looks that shows nothing of it yet.
  await (await world.placeOf(acme.tenantId)).deleteIds(['guide#0', 'guide#1', 'guide#2'])
  expect(await again()).toMatchObject({ status: 'unchanged' })
  await world.home
    .sql`update documents set updated_at = now() - interval '61 seconds' where tenant_id = ${acme.tenantId}`
  expect(await again()).toMatchObject({ status: 'updated' })
})

test('shorter content leaves no chunk of the longer one', async () => {
  await put(textOf('apple', 7))
  expect(await put(textOf('pear', 2))).toMatchObject({ chunks: 2, status: 'updated' })
  expect(await storedTexts()).toEqual(expected('pear', 2))
})

test('a deleted document is gone with all its chunks, and unknown from then on', async () => {
  await put(textOf('apple', 4))
  await deleteDocument(world.deps, acme, { documentId: 'guide' })
  expect(await storedTexts()).toEqual({})
  await expect(getDocument(world.deps, acme, { documentId: 'guide' })).rejects.toMatchObject({ code: 'not_found' })
  await expect(deleteDocument(world.deps, acme, { documentId: 'guide' })).rejects.toMatchObject({ code: 'not_found' })
})

const unanswered = () => {
  throw new AppError('outcome_unknown', 'no answer')
}
const refused = () => {
  throw new AppError('store_busy', 'busy')
}

test('a refused write has changed nothing: the old content stands, and its document is ready', async () => {
  await put(textOf('apple', 3))
  world.deps.stores.before('upsert', refused)
  await expect(put(textOf('pear', 5))).rejects.toMatchObject({ code: 'store_busy' })
  expect(await storedTexts()).toEqual(expected('apple', 3))
  expect(await getDocument(world.deps, acme, { documentId: 'guide' })).toMatchObject({ status: 'ready', chunks: 3 })
  expect(await put(textOf('apple', 3))).toMatchObject({ status: 'unchanged' })
  await expect(putDocument(world.deps, acme, { documentId: 'new', text: 'x' })).rejects.toMatchObject({
    code: 'store_busy',
  })
  await expect(getDocument(world.deps, acme, { documentId: 'new' })).rejects.toMatchObject({ code: 'not_found' })
  world.deps.stores.before('upsert', undefined)
})

test('a write that was done in part says so, and anything may follow at once', async () => {
  await put(textOf('apple', 6))
  world.deps.stores.before('deleteIds', refused)
  await expect(put(textOf('pear', 2))).rejects.toMatchObject({ code: 'outcome_unknown' })
  world.deps.stores.before('deleteIds', undefined)
  expect(await put(textOf('plum', 3))).toMatchObject({ status: 'updated' })
  expect(await storedTexts()).toEqual(expected('plum', 3))
})

test.each(['before', 'after'] as const)(
  'no answer to the upsert (lost %s it was applied): the same content repairs it at once, other content has to wait',
  async (when) => {
    await put(textOf('apple', 6))
    world.deps.stores[when]('upsert', unanswered)
    await expect(put(textOf('pear', 2))).rejects.toMatchObject({ code: 'outcome_unknown' })
    world.deps.stores[when]('upsert', undefined)
    await expect(put(textOf('plum', 2))).rejects.toMatchObject({ code: 'document_busy' })
    await expect(deleteDocument(world.deps, acme, { documentId: 'guide' })).rejects.toMatchObject({
      code: 'document_busy',
    })
    expect(await put(textOf('pear', 2))).toMatchObject({ status: 'updated', chunks: 2 })
    expect(await storedTexts()).toEqual(expected('pear', 2))
    // The first upsert may still land, so other content waits until it can't.
    const other = put(textOf('plum', 2))
    await expect(other).rejects.toMatchObject({ code: 'document_busy' })
    const { retryAfterS } = (await other.catch((error: AppError) => error)) as AppError
    expect(retryAfterS).toBeGreaterThan(50)
    await doubtIsOver()
    expect(await put(textOf('plum', 4))).toMatchObject({ status: 'updated' })
    expect(await storedTexts()).toEqual(expected('plum', 4))
  },
)

test('no answer to the deletion of old chunks: the next try deletes them', async () => {
  await put(textOf('apple', 6))
  world.deps.stores.before('deleteIds', unanswered)
  await expect(put(textOf('pear', 2))).rejects.toMatchObject({ code: 'outcome_unknown' })
  world.deps.stores.before('deleteIds', undefined)
  await put(textOf('pear', 2))
  expect(await storedTexts()).toEqual(expected('pear', 2))
})

test.each(['before', 'after'] as const)(
  'a replica that dies %s its upsert leaves what the next try repairs, old chunks included',
  async (when) => {
    await put(textOf('apple', 8))
    const reached = Promise.withResolvers<void>()
    world.deps.stores[when]('upsert', () => {
      reached.resolve()
      return new Promise<void>(() => undefined) // it never comes back
    })
    void put(textOf('pear', 5))
    await reached.promise
    world.deps.stores[when]('upsert', undefined)
    expect(await getDocument(world.deps, acme, { documentId: 'guide' })).toMatchObject({ status: 'writing' })
    await expect(put(textOf('plum', 3))).rejects.toMatchObject({ code: 'document_busy' })
    await doubtIsOver()
    expect(await put(textOf('plum', 3))).toMatchObject({ status: 'updated', chunks: 3 })
    expect(await storedTexts()).toEqual(expected('plum', 3))
  },
)

test('a replica that dies after the store and before the registry: the same content takes over at once', async () => {
  const reached = Promise.withResolvers<void>()
  world.deps.stores.after('upsert', () => {
    reached.resolve()
    return new Promise<void>(() => undefined)
  })
  void put(textOf('apple', 2))
  await reached.promise
  world.deps.stores.after('upsert', undefined)
  expect(await put(textOf('apple', 2))).toMatchObject({ chunks: 2 })
  expect(await getDocument(world.deps, acme, { documentId: 'guide' })).toMatchObject({ status: 'ready' })
})

test('a deletion that got no answer can be repeated at once; a new document waits until it can no longer land', async () => {
  await put(textOf('apple', 3))
  world.deps.stores.before('deleteIds', unanswered)
  await expect(deleteDocument(world.deps, acme, { documentId: 'guide' })).rejects.toMatchObject({
    code: 'outcome_unknown',
  })
  world.deps.stores.before('deleteIds', undefined)
  expect(await getDocument(world.deps, acme, { documentId: 'guide' })).toMatchObject({ status: 'deleting' })
  await deleteDocument(world.deps, acme, { documentId: 'guide' })
  await expect(getDocument(world.deps, acme, { documentId: 'guide' })).rejects.toMatchObject({ code: 'not_found' })
  await expect(put(textOf('apple', 3))).rejects.toMatchObject({ code: 'document_busy' })
  await doubtIsOver()
  expect(await put(textOf('apple', 3))).toMatchObject({ chunks: 3 })
  expect(await storedTexts()).toEqual(expected('apple', 3))
})

test('while one content is being written, another is refused and the same waits for it', async () => {
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  world.deps.stores.before('upsert', () => {
    reached.resolve()
    return goOn.promise
  })
  const first = put(textOf('apple', 3))
  await reached.promise
  const other = await put(textOf('pear', 2)).catch((error: AppError) => error)
  expect(other).toMatchObject({ code: 'document_busy', retryAfterS: 1 })
  const patient = { ...world.deps, settings: { ...world.deps.settings, sameContentWaitMs: 20_000 } }
  const same = putDocument(patient, acme, { documentId: 'guide', text: textOf('apple', 3), source: 'a/guide.md' })
  world.deps.stores.before('upsert', undefined)
  const after = world.deps.stores.calls.length
  goOn.resolve()
  expect(await first).toMatchObject({ status: 'created' })
  expect(await same).toMatchObject({ status: 'unchanged', chunks: 3 })
  expect(world.deps.stores.calls.slice(after)).toEqual([])
})

test('many writers of one document leave one of their contents whole', async () => {
  const words = ['apple', 'pear', 'plum', 'fig', 'lime', 'date']
  const ends = await Promise.allSettled(words.map((word, at) => put(textOf(word, at + 2))))
  const won = words.filter((_, at) => ends[at]?.status === 'fulfilled')
  expect(won.length).toBeGreaterThan(0)
  const others = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason.code] : []))
  expect(others).toEqual(others.map(() => 'document_busy'))
  const stored = await storedTexts()
  const whole = words.find((word, at) => JSON.stringify(stored) === JSON.stringify(expected(word, at + 2)))
  expect(won).toContain(whole)
})

test('a held tenant keeps its document as it was', async () => {
  await put(textOf('apple', 2))
  const held = {
    ...world.deps,
    routes: {
      find: world.deps.routes.find.bind(world.deps.routes),
      catchUp: async () => undefined,
      beginWrite: async () => {
        throw new AppError('writes_held', 'held')
      },
    },
  }
  await expect(putDocument(held, acme, { documentId: 'guide', text: textOf('pear', 2) })).rejects.toMatchObject({
    code: 'writes_held',
  })
  expect(await getDocument(world.deps, acme, { documentId: 'guide' })).toMatchObject({ status: 'ready' })
})

test('a caller cuts a document another way, and that is other content', async () => {
  const text = textOf('apple', 3)
  const cut = (chunking: object) => putDocument(world.deps, acme, { documentId: 'guide', text, chunking })
  expect(await cut({ strategy: 'tokens' })).toMatchObject({ status: 'created', chunks: 1 })
  expect(await storedTexts()).toEqual({ 'guide#0': text })
  expect(await cut({ strategy: 'tokens' })).toMatchObject({ status: 'unchanged' })
  expect(await cut({ strategy: 'tokens', overlap: 4 })).toMatchObject({ status: 'updated' })
  expect(await cut({})).toMatchObject({ status: 'updated', chunks: 3 })
  expect(await storedTexts()).toEqual(expected('apple', 3))
})

test('a tenant’s attributes say how its documents are cut; a caller’s word goes first, and a wrong attribute is ignored', async () => {
  const text = textOf('apple', 6)
  const attributes = (json: string) => world.home.sql`
    update tenants set attributes = ${json}::text::jsonb where id = ${acme.tenantId}`
  await attributes('{"chunking": "sentences", "chunkTokens": 32, "chunkOverlap": 0}')
  const { chunks } = await put(text)
  expect(chunks).toBeGreaterThan(1)
  expect((await storedTexts())['guide#0']).toMatch(/^## Part 0\n\napple number 0 /)
  expect(await putDocument(world.deps, acme, { documentId: 'guide', text, chunking: { tokens: 256 } })).toMatchObject({
    chunks: 1,
  })
  await attributes('{"chunking": "paragraphs", "chunkTokens": 5, "chunkOverlap": "none"}')
  expect(await put(text)).toMatchObject({ chunks: 6 })
})

test('each chunk knows the page it begins on', async () => {
  const text = textOf('apple', 4)
  const pageStarts = [0, text.indexOf('## Part 1') + 20, text.indexOf('## Part 3')]
  await putDocument(world.deps, acme, { documentId: 'guide', text, pageStarts })
  const records = await world.stored(acme.tenantId)
  expect(Array.from({ length: 4 }, (_, at) => records.get(`guide#${at}`)?.metadata?._tr_page)).toEqual([1, 1, 2, 3])
})

test.each([
  [{ documentId: 'a#b' }, 'documentId'],
  [{ documentId: 'a/b' }, 'documentId'],
  [{ documentId: '..' }, 'documentId'],
  [{ documentId: 'x'.repeat(401) }, 'documentId'],
  [{ text: ' \n' }, 'text'],
  [{ metadata: { text: 'x' } }, 'metadata.text'],
  [{ metadata: { chunk: 1 } }, 'metadata.chunk'],
  [{ metadata: { _tr: 1 } }, 'metadata._tr'],
  [{ metadata: { _trace: 1 } }, 'metadata._trace'],
  [{ metadata: { $a: 1 } }, 'metadata.$a'],
  [{ metadata: { a: null } }, 'metadata.a'],
  [{ metadata: { a: { b: 1 } } }, 'metadata.a'],
  [{ metadata: { a: [1] } }, 'metadata.a'],
  [{ metadata: { visibility: 'hr' } }, 'metadata.visibility'],
  [{ metadata: { visibility: [] } }, 'metadata.visibility'],
  [{ metadata: { a: 'x'.repeat(30_000) } }, 'metadata'],
  [{ metadata: { _tr_page: 1 } }, 'metadata._tr_page'],
  [{ chunking: { strategy: 'pages' } }, 'chunking.strategy'],
  [{ chunking: { tokens: 31 } }, 'chunking.tokens'],
  [{ chunking: { tokens: 1_025 } }, 'chunking.tokens'],
  [{ chunking: { tokens: 99.5 } }, 'chunking.tokens'],
  [{ chunking: { overlap: -1 } }, 'chunking.overlap'],
  [{ chunking: { tokens: 100, overlap: 51 } }, 'chunking.overlap'],
])('%j is refused with the fault’s path', async (change, path) => {
  const input = { documentId: 'guide', text: 'A text.', ...change }
  const refusal = await putDocument(world.deps, acme, input).catch((error: AppError) => error)
  expect(refusal).toMatchObject({ code: 'invalid_request', faults: [{ path }] })
})

/** Ends the time in which an unanswered call may land. */
async function doubtIsOver(): Promise<void> {
  await world.home.sql`update documents set claim_until = now() - interval '1 second' where claim_until is not null`
}
