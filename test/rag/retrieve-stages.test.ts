import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { TenantPrincipal } from '../../src/auth/principal.ts'
import { AppError } from '../../src/errors.ts'
import type { Reranker } from '../../src/models/reranker.ts'
import { putDocument } from '../../src/rag/documents/put-document.ts'
import type { RetrieveInput } from '../../src/rag/retrieve/question.ts'
import { retrieve } from '../../src/rag/retrieve/retrieve.ts'
import { upsertVectors } from '../../src/rag/vectors/upsert-vectors.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { RagWorld } from '../support/rag-world.ts'
import { retrieveAnswer } from '../support/retrieve-answer.ts'

/** A world whose store knows only vectors, and one whose store knows words too. */
const worlds = {} as Record<'cosine' | 'dotproduct', RagWorld>
let tenants = 0

beforeAll(async () => {
  ;[worlds.cosine, worlds.dotproduct] = await Promise.all([
    RagWorld.open({ metric: 'cosine' }),
    RagWorld.open({ metric: 'dotproduct' }),
  ])
})
afterAll(async () => {
  for (const world of Object.values(worlds)) await world[Symbol.asyncDispose]()
})

let acme: TenantPrincipal
beforeEach(async () => {
  const id = `acme-${++tenants}`
  ;[acme] = await Promise.all([worlds.cosine.tenant(id), worlds.dotproduct.tenant(id)])
})

const metrics = ['cosine', 'dotproduct'] as const
const put = (world: RagWorld, documentId: string, text: string, metadata?: object) =>
  putDocument(world.deps, acme, { documentId, text, metadata })
/** Records as an app stores them: their vectors say nothing of their words. */
const store = (
  world: RagWorld,
  records: Record<string, { values: readonly number[]; text?: string; visibility?: string[] }>,
) =>
  upsertVectors(world.deps, acme, {
    vectors: Object.entries(records).map(([id, { values, ...metadata }]) => ({ id, values, metadata })),
  })
const ask = (world: RagWorld, input: RetrieveInput, more: object = {}) =>
  retrieveAnswer({ ...world.deps, ...more }, acme, input)
const idsOf = (answer: { matches: readonly { id: string }[] }) => answer.matches.map(({ id }) => id)

test('the plain search does no more than it did: one call of the store, and nothing said about stages', async () => {
  const { deps } = worlds.cosine
  await put(worlds.cosine, 'guide', 'apple')
  const from = deps.stores.calls.length
  const answer = await ask(worlds.cosine, { query: 'apple', mode: 'dense', rerank: false, expand: 0, diversity: 0 })
  expect(deps.stores.calls.slice(from)).toEqual(['query'])
  expect(Object.keys(answer).toSorted()).toEqual(['matches', 'route', 'usage'])
})

test('hybrid over a store that knows words finds what is far in meaning by its word, and says where it looked', async () => {
  const world = worlds.dotproduct
  // Many chunks share a word with the question: no set of nearest vectors includes the one with its rare word.
  await put(world, 'rare', 'zyzzyva '.repeat(3) + 'pear plum quince fig date lemon lime mango melon '.repeat(2))
  const near = Object.fromEntries(
    Array.from({ length: 120 }, (_, at) => [
      `near-${at}`,
      { values: bagOfWords('apple zyzzyva').map((value) => value * 9), text: 'apple' },
    ]),
  )
  await store(world, near)
  expect(idsOf(await ask(world, { query: 'apple zyzzyva', topK: 10 }))).not.toContain('rare#0')
  const answer = await ask(world, { query: 'apple zyzzyva', topK: 10, mode: 'hybrid' })
  expect(idsOf(answer)).toContain('rare#0')
  expect(answer.search).toEqual({ mode: 'hybrid', lexical: 'store', score: 'fused' })
  const rare = answer.matches.find(({ id }) => id === 'rare#0')
  expect(rare?.scores).toEqual({ sparse: expect.any(Number), fused: rare?.score })
})

test('hybrid over a store of vectors alone compares words among the candidates, and says so', async () => {
  const world = worlds.cosine
  await store(world, {
    near: { values: bagOfWords('apple'), text: 'something else' },
    worded: { values: bagOfWords('apple pear'), text: 'zyzzyva' },
  })
  expect(idsOf(await ask(world, { query: 'apple zyzzyva' }))).toEqual(['near', 'worded'])
  const answer = await ask(world, { query: 'apple zyzzyva', mode: 'hybrid' })
  expect(idsOf(answer)).toEqual(['worded', 'near'])
  expect(answer.search).toEqual({ mode: 'hybrid', lexical: 'candidates', score: 'fused' })
  expect(answer.matches[0]?.scores).toEqual({
    dense: expect.any(Number),
    sparse: expect.any(Number),
    fused: answer.matches[0]?.score,
  })
})

test.each(metrics)('%s: weights decide between meaning and words', async (metric) => {
  const world = worlds[metric]
  await put(world, 'both', 'apple pear plum')
  await store(world, { near: { values: bagOfWords('zyzzyva') } })
  const first = async (weights: object) =>
    idsOf(await ask(world, { query: 'zyzzyva apple pear plum quince', mode: 'hybrid', weights, topK: 1 }))
  expect(await first({ dense: 0, sparse: 1 })).toEqual(['both#0'])
  expect(await first({ dense: 1, sparse: 0 })).toEqual(
    idsOf(await ask(world, { query: 'zyzzyva apple pear plum quince', topK: 1 })),
  )
})

test('chunks carry sparse values only where the store takes them', async () => {
  for (const metric of metrics) {
    await put(worlds[metric], 'guide', 'apple pear')
    const record = (await worlds[metric].stored(acme.tenantId)).get('guide#0')
    expect(record?.sparseValues?.indices.length).toBe(metric === 'dotproduct' ? 2 : undefined)
  }
})

test('a question of no words at all is answered by meaning alone', async () => {
  await put(worlds.dotproduct, 'guide', 'apple')
  expect(idsOf(await ask(worlds.dotproduct, { query: '???', mode: 'hybrid' }))).toEqual(['guide#0'])
})

/** Judges by the length of the text, and hears what it is asked. */
function byLength(heard: string[][] = []): Reranker {
  return {
    name: 'by-length',
    async rerank(_, texts) {
      heard.push([...texts])
      return texts.map((text) => text.length)
    },
  }
}

test('a reranker decides the order; what has no text comes last', async () => {
  const world = worlds.cosine
  await store(world, {
    a: { values: bagOfWords('apple'), text: 'a' },
    b: { values: bagOfWords('apple pear'), text: 'bbb' },
    silent: { values: bagOfWords('apple') },
  })
  const answer = await ask(world, { query: 'apple', rerank: true, topK: 3 }, { reranker: byLength() })
  expect(answer.matches.map(({ id, score }) => [id, score])).toEqual([
    ['b', 3],
    ['a', 1],
    ['silent', 0],
  ])
  expect(answer.matches[0]?.scores).toEqual({ dense: expect.any(Number), rerank: 3 })
  expect(answer.search).toEqual({ mode: 'dense', reranker: 'by-length', score: 'rerank' })
})

test('rerank brings up what plain nearness leaves out, judges so many candidates, and gives topN', async () => {
  const world = worlds.cosine
  await store(world, {
    ...Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`n${at}`, { values: bagOfWords('apple'), text: 'x' }])),
    far: { values: bagOfWords('apple pear'), text: 'much longer' },
  })
  const heard: string[][] = []
  const more = { reranker: byLength(heard) }
  expect(idsOf(await ask(world, { query: 'apple', topK: 2, rerank: true }, more))[0]).toBe('far')
  expect(idsOf(await ask(world, { query: 'apple', topK: 4, rerank: { topN: 2, candidates: 5 } }, more))).toHaveLength(2)
  expect(heard.map((texts) => texts.length)).toEqual([9, 5])
})

test('without a cross-encoder words rerank, and the answer says lexical', async () => {
  await put(worlds.cosine, 'a', 'apple pie')
  const answer = await ask(worlds.cosine, { query: 'apple', rerank: true })
  expect(answer.search?.reranker).toBe('lexical')
})

const away: Reranker = {
  name: 'away',
  rerank: () => Promise.reject(new AppError('rerank_unavailable', 'it is away')),
}

test('an unavailable reranker is a fault; an optional one is left out, and the answer says so', async () => {
  const world = worlds.cosine
  await put(world, 'a', 'apple')
  const more = { reranker: away }
  await expect(ask(world, { query: 'apple', rerank: true }, more)).rejects.toMatchObject({ code: 'rerank_unavailable' })
  const answer = await ask(world, { query: 'apple', rerank: { optional: true } }, more)
  expect(idsOf(answer)).toEqual(['a#0'])
  expect(answer.search).toEqual({ mode: 'dense', reranker: null, score: 'similarity' })
})

test('an answer that had to do without its reranker is not kept', async () => {
  const { deps } = worlds.cosine
  await put(worlds.cosine, 'a', 'apple')
  const input = { query: 'apple', rerank: { optional: true } }
  const without = await retrieve({ ...deps, reranker: away }, acme, input)
  expect(JSON.parse(without.json).search.reranker).toBeNull()
  const back = await retrieve(deps, acme, input)
  expect([back.cache, JSON.parse(back.json).search.reranker]).toEqual(['miss', 'lexical'])
  expect((await retrieve(deps, acme, input)).cache).toBe('hit')
})

test('minScore is compared with the score that the answer shows', async () => {
  const world = worlds.cosine
  await store(world, {
    a: { values: bagOfWords('apple'), text: 'a' },
    b: { values: bagOfWords('apple pear'), text: 'bbbb' },
  })
  const more = { reranker: byLength() }
  expect(idsOf(await ask(world, { query: 'apple', rerank: true, minScore: 2 }, more))).toEqual(['b'])
  expect(idsOf(await ask(world, { query: 'apple', mode: 'hybrid', minScore: 1.1 }))).toEqual([])
})

/** A document of several chunks, each of its own words. */
const chapters = (...words: string[]) => words.map((word) => `# ${word}\n\n${`${word} `.repeat(250)}`).join('\n\n')

test('neighbours stand beside a match in the order of the document', async () => {
  const world = worlds.cosine
  await put(world, 'book', chapters('apple', 'pear', 'plum', 'fig'))
  const [match] = (await ask(world, { query: 'pear', topK: 1, expand: 1 })).matches
  const all = [...(await world.stored(acme.tenantId)).keys()]
  const at = Number(match?.id.split('#')[1])
  expect(all.length).toBeGreaterThan(2)
  expect(match?.neighbours?.before.map(({ id }) => id)).toEqual(at > 0 ? [`book#${at - 1}`] : [])
  expect(match?.neighbours?.after.map(({ id }) => id)).toEqual([`book#${at + 1}`])
  expect(match?.neighbours?.after[0]?.text).toEqual(expect.any(String))
})

test('a neighbour that the caller’s groups don’t see is not given', async () => {
  const world = worlds.cosine
  await put(world, 'book', chapters('apple', 'pear', 'plum'))
  // As an update of a document leaves it half way: one chunk is of the new version, for others' eyes.
  const place = await world.placeOf(acme.tenantId)
  const chunks = [...(await world.stored(acme.tenantId)).values()]
  const [shown, ...hidden] = chunks.filter(({ id }) => id.startsWith('book#'))
  await place.upsert(hidden.map((chunk) => ({ ...chunk, metadata: { ...chunk.metadata, visibility: ['hr'] } })))
  const look = async (groups: string[]) => {
    const answer = await retrieveAnswer(
      world.deps,
      { ...acme, groups },
      { query: 'apple', topK: 1, expand: 5, filter: { chunk: 0 } },
    )
    expect(idsOf(answer)).toEqual([shown?.id])
    return answer.matches[0]?.neighbours?.after.map(({ id }) => id)
  }
  expect(await look([])).toEqual([])
  expect(await look(['hr'])).toEqual(hidden.map(({ id }) => id))
})

test('an app’s own record has no neighbours', async () => {
  await store(worlds.cosine, { own: { values: bagOfWords('apple'), text: 'apple' } })
  expect((await ask(worlds.cosine, { query: 'apple', expand: 2 })).matches[0]).not.toHaveProperty('neighbours')
})

test('by document: each with its best matches, and topK counts documents', async () => {
  const world = worlds.cosine
  await put(world, 'book', chapters('apple', 'apple pear', 'apple plum'))
  await put(world, 'note', 'apple fig')
  const answer = await ask(world, { query: 'apple', group: 'document', groupSize: 2, topK: 2 })
  expect(answer.groups?.map(({ documentId, ids }) => [documentId, ids.length]).toSorted()).toEqual([
    ['book', 2],
    ['note', 1],
  ])
  expect(answer.groups?.flatMap(({ ids }) => ids)).toEqual(idsOf(answer))
  expect((await ask(world, { query: 'apple', group: 'document', topK: 1 })).groups).toHaveLength(1)
})

test('diversity puts what is new before what repeats, and its values stay inside', async () => {
  const world = worlds.cosine
  await store(world, {
    one: { values: bagOfWords('apple') },
    same: { values: bagOfWords('apple') },
    new: { values: bagOfWords('apple pear plum fig') },
  })
  const answer = await ask(world, { query: 'apple', topK: 2, diversity: 0.9 })
  expect(idsOf(answer)).toEqual(['one', 'new'])
  expect(answer.matches[0]).not.toHaveProperty('values')
  const withValues = await ask(world, { query: 'apple', topK: 2, diversity: 0.9, includeValues: true })
  expect(withValues.matches[0]?.values).toHaveLength(64)
})

test('where a wide net is larger than the store’s answers may be, a narrower one is cast', async () => {
  const world = worlds.cosine
  const blob = 'x'.repeat(36_000)
  await store(world, {
    ...Object.fromEntries(
      Array.from({ length: 150 }, (_, at) => [`large-${at}`, { values: bagOfWords('apple'), text: blob }]),
    ),
  })
  const answer = await ask(world, { query: 'apple', topK: 15, mode: 'hybrid' })
  expect(answer.matches).toHaveLength(15)
})

test('all stages at once still give what was asked for', async () => {
  for (const metric of metrics) {
    const world = worlds[metric]
    await put(world, 'book', chapters('apple', 'pear', 'apple plum'))
    await put(world, 'note', 'apple fig')
    const all = { mode: 'hybrid', rerank: true, diversity: 0.3, group: 'document', groupSize: 2, expand: 1 } as const
    const answer = await ask(world, { query: 'apple', topK: 2, minScore: 0.0001, ...all })
    expect(answer.groups?.map(({ documentId }) => documentId).toSorted()).toEqual(['book', 'note'])
    const near = answer.matches.find(({ documentId }) => documentId === 'book')?.neighbours
    expect([near?.before, near?.after].flatMap((side) => side ?? []).map(({ id }) => id.split('#')[0])).toContain(
      'book',
    )
  }
})

const explainer = () => ({ ...acme, scopes: new Set(['rag:read', 'rag:explain'] as const) })

test('an explanation tells the filter that was sent, the place without its name, and each stage', async () => {
  for (const metric of metrics) {
    const world = worlds[metric]
    await put(world, 'guide', 'apple')
    const input = { query: 'apple', mode: 'hybrid', rerank: true, filter: { year: { $exists: false } }, explain: true }
    const caller = { ...explainer(), groups: ['hr'] }
    const { explain } = await retrieveAnswer(world.deps, caller, input)
    const visibility = { $or: [{ visibility: { $exists: false } }, { visibility: { $in: ['hr'] } }] }
    expect(explain).toMatchObject({
      asked: { query: 'apple', topK: 5, hybrid: { dense: 1, sparse: 1 }, rerank: { candidates: 50 } },
      filter: { $and: [visibility, { year: { $exists: false } }] },
      place: { tier: 'standard', generation: 1, kind: 'pool', why: expect.stringContaining('shares an index') },
      embeddingModel: 'hash',
      search: { mode: 'hybrid', lexical: metric === 'dotproduct' ? 'store' : 'candidates', reranker: 'lexical' },
    })
    const stages = explain?.stages.map(({ stage }) => stage)
    expect(stages?.toSorted()).toEqual(
      ['dense', 'embed', 'fuse', 'rerank', ...(metric === 'dotproduct' ? ['sparse'] : [])].toSorted(),
    )
    const { namespace, indexName, indexHost } = (await world.placeOf(acme.tenantId)).placement
    for (const name of [namespace, indexName, indexHost]) expect(JSON.stringify(explain)).not.toContain(name)
  }
})

test('an explanation of the plain search does not change what is found, and is never kept', async () => {
  const { deps } = worlds.cosine
  await put(worlds.cosine, 'guide', 'apple')
  const plain = await retrieve(deps, acme, { query: 'apple' })
  const explained = await retrieve(deps, explainer(), { query: 'apple', explain: true })
  expect(explained.cache).toBe('bypass')
  expect(JSON.parse(explained.json).matches).toEqual(JSON.parse(plain.json).matches)
  expect((await retrieve(deps, explainer(), { query: 'apple', explain: true })).cache).toBe('bypass')
})

test('without its scope there is no explanation', async () => {
  await put(worlds.cosine, 'guide', 'apple')
  const asked = { query: 'apple', explain: true }
  await expect(ask(worlds.cosine, asked)).rejects.toMatchObject({ code: 'forbidden' })
  await expect(retrieve(worlds.cosine.deps, acme, asked)).rejects.toMatchObject({ code: 'forbidden' })
})

test.each<[RetrieveInput, string]>([
  [{ vector: bagOfWords('a'), mode: 'hybrid' }, 'mode'],
  [{ vector: bagOfWords('a'), rerank: true }, 'rerank'],
  [{ query: 'a', weights: { dense: 1 } }, 'weights'],
  [{ query: 'a', mode: 'hybrid', weights: { dense: 0, sparse: 0 } }, 'weights'],
  [{ query: 'a', mode: 'hybrid', weights: { sparse: -1 } }, 'weights.sparse'],
  [{ query: 'a', rerank: { topN: 6 }, topK: 5 }, 'rerank.topN'],
  [{ query: 'a', rerank: { candidates: 3 }, topK: 5 }, 'rerank.candidates'],
  [{ query: 'a', rerank: { candidates: 201 } }, 'rerank.candidates'],
  [{ query: 'a', expand: 6 }, 'expand'],
  [{ query: 'a', expand: 5, topK: 100 }, 'expand'],
  [{ query: 'a', diversity: 1.5 }, 'diversity'],
  [{ query: 'a', diversity: Number.NaN }, 'diversity'],
  [{ query: 'a', group: 'source' }, 'group'],
  [{ query: 'a', groupSize: 2 }, 'groupSize'],
  [{ query: 'a', group: 'document', groupSize: 10, topK: 11 }, 'groupSize'],
  [{ query: 'a', filter: { updated: { $gte: '2026-01-31' } } }, 'filter.updated.$gte'],
])('the question %j is refused', async (input, path) => {
  const refusal = await ask(worlds.cosine, input).catch((error: AppError) => error)
  expect(refusal).toMatchObject({ code: 'invalid_request', faults: [expect.objectContaining({ path })] })
})

test('a date in text is refused with what to do instead', async () => {
  const asked = ask(worlds.cosine, { query: 'a', filter: { updated: { $gte: '2026-01-31' } } })
  await expect(asked).rejects.toThrow('keep a date as one, as in 20261121')
})
