import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppError } from '../../src/errors.ts'
import { FaultList } from '../../src/fault-list.ts'
import { checkFilter } from '../../src/rag/checks/check-filter.ts'
import { deleteVectors } from '../../src/rag/vectors/delete-vectors.ts'
import { upsertVectors } from '../../src/rag/vectors/upsert-vectors.ts'
import type { Metadata } from '../../src/stores/store.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { principalOf, RagWorld } from '../support/rag-world.ts'
import { retrieveAnswer } from '../support/retrieve-answer.ts'
import { filter, groups, metadata } from './arbitrary-filter.ts'
import { matches } from './reference-filter.ts'

let world: RagWorld
beforeAll(async () => {
  world = await RagWorld.open()
})
afterAll(() => world[Symbol.asyncDispose]())

test('whatever a caller filters by, the answer is what the filter and the caller’s groups both allow', async () => {
  await world.tenant('acme')
  const records = fc.sample(metadata, { numRuns: 90, seed: 7 })
  await upsertVectors(world.deps, principalOf('acme'), {
    vectors: records.map((own, at) => ({ id: `r${at}`, values: bagOfWords(`word ${at}`), metadata: own })),
  })
  const vector = bagOfWords('word')
  await fc.assert(
    fc.asyncProperty(filter, fc.uniqueArray(groups), async (asked, held) => {
      const answer = await retrieveAnswer(world.deps, principalOf('acme', ...held), {
        vector,
        topK: 100,
        filter: asked,
      })
      const mayRead = ({ visibility }: Metadata) =>
        visibility === undefined || held.some((group) => (visibility as string[]).includes(group))
      const expected = records.flatMap((own, at) => (mayRead(own) && matches(asked, own) ? [`r${at}`] : []))
      expect(answer.matches.map(({ id }) => id).toSorted()).toEqual(expected.toSorted())
    }),
    { numRuns: 300 },
  )
})

test('what a filter deletes is what the filter matches', async () => {
  const acme = await world.tenant('deleting')
  await fc.assert(
    fc.asyncProperty(filter, fc.array(metadata, { minLength: 1, maxLength: 20 }), async (asked, records) => {
      const vectors = records.map((own, at) => ({ id: `r${at}`, values: bagOfWords('x'), metadata: own }))
      await upsertVectors(world.deps, acme, { vectors })
      await deleteVectors(world.deps, acme, { filter: asked })
      const left = records.flatMap((own, at) => (matches(asked, own) ? [] : [`r${at}`]))
      expect([...(await world.stored(acme.tenantId)).keys()].toSorted()).toEqual(left.toSorted())
      await deleteVectors(world.deps, acme, { deleteAll: true })
    }),
    { numRuns: 15 },
  )
})

function faultsOf(value: unknown): unknown {
  const faults = new FaultList()
  checkFilter(value, 'filter', faults)
  try {
    faults.check()
    return []
  } catch (error) {
    return (error as AppError).faults.map(({ path }) => path)
  }
}

test.each<[unknown, string[]]>([
  ['year', ['filter']],
  [[], ['filter']],
  [null, ['filter']],
  [{ year: null }, ['filter.year']],
  [{ year: {} }, ['filter.year']],
  [{ year: ['2020'] }, ['filter.year']],
  [{ year: { $gt: '2020' } }, ['filter.year.$gt']],
  [{ year: { gt: 2020 } }, ['filter.year.gt']],
  [{ year: { $regex: 'x' } }, ['filter.year.$regex']],
  [{ year: { toString: 1 } }, ['filter.year.toString']],
  [{ year: { $in: [] } }, ['filter.year.$in']],
  [{ year: { $in: ['a', 1] } }, ['filter.year.$in']],
  [{ year: { $in: Array.from({ length: 10_001 }, (_, at) => at) } }, ['filter.year.$in']],
  [{ year: { $exists: 'yes' } }, ['filter.year.$exists']],
  [{ $and: [] }, ['filter.$and']],
  [{ $or: [{}] }, ['filter.$or[0]']],
  [{ $not: [{ year: 1 }] }, ['filter.$not']],
  [
    { $and: [{ year: 1 }, { a: { $gt: 'x' } }, { $or: [{ b: null }] }] },
    ['filter.$and[1].a.$gt', 'filter.$and[2].$or[0].b'],
  ],
  [{ _tr: 1 }, ['filter._tr']],
  [{ $or: [{ _tr: { $exists: true } }] }, ['filter.$or[0]._tr']],
  [{ _tr_seq: { $gt: 1 } }, ['filter._tr_seq']],
  [{ $or: Array.from({ length: 1_001 }, () => ({ a: 1 })) }, ['filter']],
])('the filter %j is refused, each fault with its path', (value, paths) => {
  expect(faultsOf(value)).toEqual(paths)
})

test('a filter nested deeper than the store takes is refused; what is accepted the store takes', async () => {
  const nested = (levels: number) => {
    let inner: Record<string, unknown> = { year: 1 }
    for (let level = 0; level < levels; level += 1) inner = { $and: [inner] }
    return inner
  }
  const acme = await world.tenant('nesting')
  await upsertVectors(world.deps, acme, { vectors: [{ id: 'a', values: bagOfWords('a'), metadata: { year: 1 } }] })
  const ask = (levels: number) =>
    retrieveAnswer(world.deps, { ...acme, groups: ['hr'] }, { vector: bagOfWords('a'), filter: nested(levels) })
  expect((await ask(30)).matches).toHaveLength(1)
  await expect(ask(31)).rejects.toMatchObject({ code: 'invalid_request' })
})
