import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { showReport } from '../../src/moves/show-report.ts'
import { RangeDigests, rangeSizeFor } from '../../src/moves/verify/range-digests.ts'
import { RecentQueries } from '../../src/moves/verify/recent-queries.ts'
import { replayQueries } from '../../src/moves/verify/replay-queries.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { MoveWorld } from '../support/move-world.ts'
import { testVectors } from '../support/test-vectors.ts'

const sha256 = (...parts: readonly string[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** Each digest over the one before, so that a new mover can go on with it. */
const chained = (...parts: readonly string[]) => parts.reduce((before, part) => sha256(before, part), '')

test('ranges are of one size, the last one shorter, each with its first and last id and its digest', () => {
  const ranges = new RangeDigests(2)
  for (const id of ['a', 'b', 'c']) ranges.add(id, `digest of ${id}`)
  expect(ranges.end()).toEqual([
    { firstId: 'a', lastId: 'b', records: 2, digest: chained('digest of a', 'digest of b') },
    { firstId: 'c', lastId: 'c', records: 1, digest: chained('digest of c') },
  ])
  expect(new RangeDigests(2).end()).toEqual([])
})

test('a report has at most a thousand ranges of at least a thousand records', () => {
  expect([0, 1_000, 1_000_000, 5_000_001].map(rangeSizeFor)).toEqual([1000, 1000, 1000, 5001])
})

test("each tenant's last queries are kept, and those that asked longest ago are forgotten first", () => {
  const queries = new RecentQueries({ perTenant: 2, numbersAtMost: 6 })
  const [a, b, c] = ['a', 'b', 'c'].map((id) => parseTenantId(id)) as [never, never, never]
  for (const n of [1, 2, 3]) queries.note(a, [n, n], testVectors)
  expect(queries.of(a, testVectors)).toEqual([
    [2, 2],
    [3, 3],
  ])
  queries.note(b, [4, 4], testVectors)
  queries.note(a, [5, 5], testVectors)
  queries.note(c, [6, 6], testVectors)
  expect([queries.of(a, testVectors), queries.of(b, testVectors), queries.of(c, testVectors)]).toEqual([
    [
      [3, 3],
      [5, 5],
    ],
    [],
    [[6, 6]],
  ])
})

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

test('the report of a move has its counts, its digests by range and its history', async () => {
  const acme = await world.tenant('acme', 1250)
  await world.replica()
  const { id } = await world.promote(acme)
  const move = await world.until(id, 'soaking')
  const report = await showReport(world.home, id)
  expect(report.verification).toEqual(move.verification)
  expect(report).toMatchObject({
    moveId: id,
    tenantId: 'acme',
    verification: { sourceRecords: 1250, targetRecords: 1250, equal: 1250, repaired: 0 },
    rangeSize: 1000,
    ranges: [
      { firstId: 'r000000', lastId: 'r000999', records: 1000 },
      { firstId: 'r001000', lastId: 'r001249', records: 250 },
    ],
    writePauseMs: move.writePauseMs,
  })
  expect(new Set(report.ranges.map(({ digest }) => digest)).size).toBe(2)
  expect(report.history.map(({ state }) => state)).toContain('verifying')
  expect(report.verification.replayed).toBeUndefined()
})

test('before the comparison there is no report', async () => {
  const acme = await world.tenant('acme', 3)
  const { id } = await world.promote(acme)
  await expect(showReport(world.home, id)).rejects.toMatchObject({ code: 'not_found' })
})

test('replayed queries tell how alike two places answer', async () => {
  const [full, less, none] = ['full', 'less', 'none'] as const
  const stores = await Promise.all(
    [full, less, none].map(async (id) => world.placeOf(await world.tenant(id, id === none ? 0 : 20))),
  )
  const [a, b, c] = stores
  if (a === undefined || b === undefined || c === undefined) throw new Error('three places')
  const signal = new AbortController().signal
  const queries = [
    [1, 0, 0, 1],
    [0, 1, 0, 0],
  ].map((vector) => ({ from: vector, to: vector }))
  expect(await replayQueries(a, b, queries, signal)).toEqual({
    queries: 2,
    meanOverlapAt10: 1,
    leastOverlapAt10: 1,
    meanRankShift: 0,
  })
  const nearest = (await b.query({ vector: [1, 0, 0, 1], topK: 5 })).matches.map(({ id }) => id)
  await b.deleteIds(nearest)
  expect(await replayQueries(a, b, queries.slice(0, 1), signal)).toMatchObject({
    queries: 1,
    leastOverlapAt10: 0.5,
    // Those that are left have moved up by the five that are gone.
    meanRankShift: 5,
  })
  expect(await replayQueries(a, c, queries, signal)).toMatchObject({ meanOverlapAt10: 0 })
  expect(await replayQueries(c, c, queries, signal)).toMatchObject({ meanOverlapAt10: 1 })
  expect(await replayQueries(a, b, [], signal)).toBeUndefined()
})
