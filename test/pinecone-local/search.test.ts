import { describe, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { call, makeIndex, query, queryIds, startServer, upsert } from './harness.ts'

const dimension = 24

/** A small generator with a seed, so that a failure can be looked at again. */
function randoms(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  }
}

interface Sparse {
  indices: number[]
  values: number[]
}

interface Item {
  id: string
  values: number[]
  sparseValues?: Sparse
}

const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + Math.fround(x) * Math.fround(b[i] ?? 0), 0)
const length = (a: number[]) => Math.sqrt(dot(a, a))
const sparseDot = (a: Sparse, b: Sparse) =>
  a.indices.reduce((sum, index, i) => {
    const at = b.indices.indexOf(index)
    return at === -1 ? sum : sum + Math.fround(a.values[i] ?? 0) * Math.fround(b.values[at] ?? 0)
  }, 0)

const naive = {
  cosine: (a: number[], b: number[]) => dot(a, b) / (length(a) * length(b)),
  dotproduct: dot,
  euclidean: (a: number[], b: number[]) =>
    a.reduce((sum, x, i) => sum + (Math.fround(x) - Math.fround(b[i] ?? 0)) ** 2, 0),
}

function sparse(random: () => number): Sparse {
  const indices = [...new Set(Array.from({ length: 6 }, () => Math.floor((random() + 0.5) * 30)))]
  return { indices, values: indices.map(() => random() + 1) }
}

function items(count: number, random: () => number): Item[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `r${i}`,
    values: Array.from({ length: dimension }, random),
    sparseValues: sparse(random),
  }))
}

function expected(all: Item[], score: (item: Item) => number, ascending: boolean, topK: number) {
  return all
    .map((item) => ({ id: item.id, score: score(item) }))
    .sort((a, b) => (ascending ? a.score - b.score : b.score - a.score))
    .slice(0, topK)
}

function expectMatches(actual: { id: string; score: number }[], wanted: { id: string; score: number }[]) {
  expect(actual.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id))
  for (const [i, { score }] of wanted.entries()) expect(actual[i]?.score).toBeCloseTo(score, 5)
}

describe('a search', () => {
  test.each(['cosine', 'dotproduct', 'euclidean'] as const)('by %s finds what a naive search finds', async (metric) => {
    const host = await makeIndex(await startServer(), { dimension, metric })
    const random = randoms(7)
    let all = items(700, random)
    await upsert(host, all)
    // Overwritten and deleted records must leave no trace in what is searched.
    const changed = all.slice(0, 50).map((item) => ({ ...item, values: item.values.map(() => random()) }))
    await upsert(host, changed)
    const gone = all.slice(100, 180).map(({ id }) => id)
    await call(`${host}/vectors/delete`, 'POST', { namespace: 'a', ids: gone })
    all = [...changed, ...all.slice(50)].filter(({ id }) => !gone.includes(id))
    for (let i = 0; i < 5; i++) {
      const vector = Array.from({ length: dimension }, random)
      const reply = await query(host, { vector, topK: 25 })
      const wanted = expected(all, (item) => naive[metric](item.values, vector), metric === 'euclidean', 25)
      expectMatches(reply.body.matches, wanted)
    }
  })

  test.each([1, 2, 3, 5, 30, 1536, 20_000])('over %i dimensions finds what a naive search finds', async (size) => {
    const server = await startServer()
    const random = randoms(17)
    const count = size > 10_000 ? 10 : 400
    const all = Array.from({ length: count }, (_, i) => ({ id: `r${i}`, values: Array.from({ length: size }, random) }))
    const vector = Array.from({ length: size }, random)
    for (const metric of ['dotproduct', 'euclidean'] as const) {
      const host = await makeIndex(server, { dimension: size, metric, name: metric })
      for (let from = 0; from < count; from += 50) {
        expectStatus(await upsert(host, all.slice(from, from + 50)), 200)
      }
      const reply = await query(host, { vector, topK: 10 })
      const wanted = expected(all, (item) => naive[metric](item.values, vector), metric === 'euclidean', 10)
      expect(reply.body.matches.map(({ id }: { id: string }) => id)).toEqual(wanted.map(({ id }) => id))
      for (const [i, { score }] of wanted.entries()) {
        expect(Math.abs(reply.body.matches[i].score / score - 1)).toBeLessThan(1e-5)
      }
    }
  })

  test('asks the filter only of rows that could be among the best, and still finds them all', async () => {
    const host = await makeIndex(await startServer(), { dimension, metric: 'cosine' })
    const random = randoms(19)
    const all = items(600, random).map((item, i) => ({ ...item, metadata: { third: i % 3, rare: i === 599 } }))
    await upsert(host, all)
    const vector = Array.from({ length: dimension }, random)
    const third = await query(host, { vector, topK: 20, filter: { third: 1 } })
    const wanted = all.filter(({ metadata }) => metadata.third === 1)
    expectMatches(
      third.body.matches,
      expected(wanted, (item) => naive.cosine(item.values, vector), false, 20),
    )
    expect(await queryIds(host, { vector, topK: 20, filter: { rare: true } })).toEqual(['r599'])
  })

  test('of dense and sparse values at once adds both products', async () => {
    const host = await makeIndex(await startServer(), { dimension, metric: 'dotproduct' })
    const random = randoms(11)
    const all = items(300, random)
    await upsert(host, all)
    const vector = Array.from({ length: dimension }, random)
    const sparseVector = sparse(random)
    const reply = await query(host, { vector, sparseVector, topK: 20 })
    const score = (item: Item) => dot(item.values, vector) + sparseDot(item.sparseValues ?? sparseVector, sparseVector)
    expectMatches(reply.body.matches, expected(all, score, false, 20))
  })

  test('of a sparse index finds only records that share a term', async () => {
    const host = await makeIndex(await startServer(), { vector_type: 'sparse' })
    const random = randoms(13)
    const all = items(200, random).map(({ id, sparseValues }) => ({ id, sparseValues: sparseValues ?? sparse(random) }))
    await upsert(host, all)
    const sparseVector = sparse(random)
    const reply = await query(host, { sparseVector, topK: 100 })
    const sharing = all.filter((item) => item.sparseValues.indices.some((i) => sparseVector.indices.includes(i)))
    const wanted = sharing
      .map((item) => ({ id: item.id, score: sparseDot(item.sparseValues, sparseVector) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 100)
    expectMatches(reply.body.matches, wanted)
    const stored = await query(host, { id: 'r0', topK: 1, includeValues: true })
    expect(stored.body.matches[0]).toMatchObject({
      values: [],
      sparseValues: { indices: all[0]?.sparseValues.indices },
    })
  })

  test('with sparse values is refused by an index that is not of dot product', async () => {
    const host = await makeIndex(await startServer())
    const sparseValues = { indices: [1], values: [1] }
    expectStatus(await upsert(host, [{ id: 'x', values: [1, 0], sparseValues }]), 200)
    const reply = await query(host, { vector: [1, 0], sparseVector: sparseValues })
    expect(reply).toMatchObject({ status: 400, body: { code: 3 } })
    expect(reply.body.message).toContain('Index configuration does not support sparse values')
  })

  test('puts equal scores in the order of their ids, whatever the order they came in', async () => {
    const host = await makeIndex(await startServer())
    const ids = ['d', 'b', 'e', 'a', 'c']
    const equal = (list: string[]) => list.map((id) => ({ id, values: [1, 1] }))
    await upsert(host, equal(ids), 'one')
    await upsert(host, equal(ids.toReversed()), 'two')
    for (const namespace of ['one', 'two']) {
      expect(await queryIds(host, { vector: [1, 0], topK: 3 }, namespace)).toEqual(['a', 'b', 'c'])
    }
  })

  test('of a missing namespace or for a missing id finds nothing', async () => {
    const host = await makeIndex(await startServer())
    expect(await query(host, { vector: [1, 0] }, 'none')).toMatchObject({
      status: 200,
      body: { matches: [], namespace: 'none', usage: { readUnits: 1 } },
    })
    await upsert(host, [{ id: 'x', values: [1, 0] }])
    expect(await queryIds(host, { id: 'missing' })).toEqual([])
  })

  test('sees one default namespace under both of its names', async () => {
    const host = await makeIndex(await startServer())
    await upsert(host, [{ id: 'x', values: [1, 0] }], '')
    expect(await queryIds(host, { vector: [1, 0] }, '__default__')).toEqual(['x'])
    const stats = await call(`${host}/describe_index_stats`, 'POST', {})
    expect(stats.body.namespaces).toEqual({ __default__: { vectorCount: 1 } })
  })
})
