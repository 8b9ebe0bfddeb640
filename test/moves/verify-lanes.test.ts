import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findParts } from '../../src/moves/copy/find-parts.ts'
import { showMove } from '../../src/moves/show-move.ts'
import { resumeMove } from '../../src/moves/steer-move.ts'
import type { MoveSettings } from '../../src/moves/sync/step.ts'
import { compare } from '../../src/moves/verify/compare.ts'
import { compareLanes } from '../../src/moves/verify/compare-lanes.ts'
import type { LanesSoFar } from '../../src/moves/verify/comparison.ts'
import { matchOf } from '../../src/moves/verify/record-match.ts'
import type { TenantStore, VectorRecord, VectorStore } from '../../src/stores/store.ts'
import { heldBeforeComparing } from '../support/move-holds.ts'
import { contents, MoveWorld, platform } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(async () => {
  for (const release of held.splice(0)) release()
  await world[Symbol.asyncDispose]()
})

const held: (() => void)[] = []
const { signal } = new AbortController()

const inLanes: Partial<MoveSettings> = {
  copyLanes: 3,
  copySplit: { partsPerLane: 3, fromRecords: 100, pageIds: 10 },
}

/** Ids of several shapes, some of which equal a prefix of others. */
const ids = [
  ...Array.from({ length: 220 }, (_, n) => `doc-${n}`),
  ...Array.from({ length: 20 }, (_, n) => `doc-${n}#${n % 7}`),
  ...Array.from({ length: 60 }, (_, n) => `u${n.toString(16).padStart(4, '0')}`),
  ...'d do doc- u u0 with ! ~ ~~~ A'.split(' '),
]

async function tenant() {
  const acme = await world.tenant('acme', 0)
  const place = await world.placeOf(acme)
  await place.upsert(ids.map((id, n): VectorRecord => ({ id, values: [1, n, 2, 3] })))
  await showing(place, ids)
  world.local.local.setFaults({ lagMs: 100 })
  return { acme, place, before: await contents(place) }
}

async function showing(place: TenantStore, expected: readonly string[]): Promise<void> {
  await vi.waitFor(async () => expect((await contents(place)).size).toBe(expected.length), { timeout: 60_000 })
}

/** A mover that stands still would never stop, so that a test that failed meanwhile lets it go. */
function comparisonHeld() {
  const hold = heldBeforeComparing()
  held.push(hold.release)
  return hold
}

interface Watch {
  /** Prefixes by which the mover lists a place, by its generation. */
  readonly lists: Record<number, string[]>
  /** An id that a listing by prefix hides in a place of this generation; how often it did. */
  readonly hides?: { readonly id: string; readonly generation: number; times: number }
  readonly onFetch?: (generation: number, ids: readonly string[]) => Promise<void>
}

function watched({ lists, hides, onFetch }: Watch) {
  return (inner: VectorStore): VectorStore => ({
    ...inner,
    open: (placement) => {
      const [place, { generation }] = [inner.open(placement), placement]
      return {
        ...place,
        list: async (input, options) => {
          lists[generation]?.push(input.prefix ?? '')
          const page = await place.list(input, options)
          if (hides?.generation !== generation || input.prefix === undefined || !page.ids.includes(hides.id))
            return page
          hides.times += 1
          return { ...page, ids: page.ids.filter((id) => id !== hides.id) }
        },
        fetch: async (these, options) => {
          await onFetch?.(generation, these)
          return place.fetch(these, options)
        },
      }
    },
  })
}

const watch = (): Watch => ({ lists: { 1: [], 2: [] } })

async function sumOf(place: TenantStore): Promise<string> {
  return (await compare(place, place, { signal, rangeSize: 1_000 })).digestSum
}

async function passRow() {
  const [row] = await world.home.sql<{ lanes: LanesSoFar | null }[]>`select progress->'lanes' as lanes from move_passes`
  return row?.lanes ?? undefined
}

test('both places are compared part by part, and the report is that of one lane', async () => {
  const { acme, before } = await tenant()
  const seen = watch()
  await world.replica(undefined, { settings: inLanes, stores: watched(seen) })
  const { id } = await world.promote(acme)
  const { verification } = await world.until(id, 'soaking')
  expect(verification).toMatchObject({ lanes: 3, sourceRecords: ids.length, equal: ids.length, repaired: 0 })
  expect(verification?.discarded).toBeUndefined()
  expect(verification?.digest).toBe(await sumOf(await world.placeOf(acme)))
  expect(await contents(await world.placeOf(acme))).toEqual(before)
  // The copy lists no prefix of the new place; the comparison does.
  expect(new Set(seen.lists[2]).size).toBeGreaterThanOrEqual(5)
  const [report] = await world.home.sql<
    { ranges: { firstId: string; lastId: string; records: number }[] }[]
  >`select ranges from move_reports`
  const ends = (report?.ranges ?? []).flatMap(({ firstId, lastId }) => [firstId, lastId])
  expect(ends).toEqual(ends.toSorted((a, b) => (a < b ? -1 : 1)))
  expect(report?.ranges.reduce((sum, { records }) => sum + records, 0)).toBe(ids.length)
})

test('lanes find what one lane finds, from wherever another mover goes on with them', async () => {
  const { acme, place: here } = await tenant()
  const compared = comparisonHeld()
  await world.replica(compared.hook)
  await world.promote(acme)
  await compared.reached
  const there = await world.placeOf(acme, 2)
  world.local.local.setFaults({ lagMs: 0 })
  await here.deleteIds(['doc-3', '~'])
  await there.deleteIds(['doc-', 'doc-150', 'u0001'])
  await there.upsert([{ id: 'doc-7#0', values: [9, 9, 9, 9] }])
  await showing(here, ids.slice(2))
  await showing(there, ids.slice(3))
  const rangeSize = 70
  const { ranges, ...one } = await compare(here, there, { signal, rangeSize })
  expect(ranges.length).toBeGreaterThan(3)
  expect([one.toPut.toSorted(), one.toDelete.toSorted()]).toEqual([
    ['doc-', 'doc-150', 'doc-7#0', 'u0001'],
    ['doc-3', '~'],
  ])
  const found = await findParts(here, { atLeast: 12, pageIds: 10, signal })
  expect(found.filter(({ isOneId }) => isOneId).length).toBeGreaterThan(1)
  const marks: LanesSoFar[] = []
  const run = (begun: LanesSoFar) =>
    compareLanes(here, there, begun, {
      lanes: 3,
      signal,
      rangeSize,
      match: matchOf(undefined, undefined),
      onProgress: async (mark) => void marks.push(JSON.parse(JSON.stringify(mark))),
    })
  const sorted = ({ ranges: _, ...rest }: Awaited<ReturnType<typeof run>>) => ({
    ...rest,
    toPut: rest.toPut.toSorted(),
    toDelete: rest.toDelete.toSorted(),
  })
  const expected = sorted({ ...one, ranges })
  // A record of the copy in no part is what only the counters see.
  const isOfPart = (id: string) =>
    found.some(({ prefix, isOneId }) => (isOneId === true ? id === prefix : id.startsWith(prefix)))
  const hidden = expected.toDelete.filter((id) => !isOfPart(id))
  const all = {
    ...expected,
    targetRecords: expected.targetRecords - hidden.length,
    toDelete: expected.toDelete.filter(isOfPart),
  }
  expect(sorted(await run({ since: '', done: null, open: found }))).toEqual(all)
  const made = marks.splice(0)
  expect(made.length).toBeGreaterThanOrEqual(found.length)
  for (const mark of made.filter((_, at) => at % 3 === 1)) expect(sorted(await run(mark))).toEqual(all)
})

test('records of the copy that somebody spoiled or removed are found in lanes, repaired and counted', async () => {
  const { acme, before } = await tenant()
  const compared = comparisonHeld()
  const seen = watch()
  await world.replica(compared.hook, { settings: inLanes, stores: watched(seen) })
  const { id } = await world.promote(acme)
  await compared.reached
  const copy = await world.placeOf(acme, 2)
  await copy.deleteIds(['doc-100', 'doc-'])
  await copy.upsert([{ id: 'u0010', values: [9, 9, 9, 9] }])
  await vi.waitFor(
    async () => {
      expect((await contents(copy)).size).toBe(ids.length - 2)
      expect((await contents(copy)).get('u0010')?.values).toEqual([9, 9, 9, 9])
    },
    { timeout: 60_000 },
  )
  expect(seen.lists[2]?.filter((prefix) => prefix !== '')).toEqual([])
  compared.release()
  const { verification } = await world.until(id, 'soaking')
  // After repairs one lane reads both places whole.
  expect(verification).toMatchObject({ lanes: 1, repaired: 3, equal: ids.length, readAgain: ids.length })
  expect(verification?.discarded).toBeUndefined()
  expect(new Set(seen.lists[2]).size).toBeGreaterThanOrEqual(5)
  expect(await contents(await world.placeOf(acme))).toEqual(before)
})

test('a record that only the copy has, in no part of the source, is found by the counters', async () => {
  const { acme } = await tenant()
  const compared = comparisonHeld()
  const seen = watch()
  await world.replica(compared.hook, { settings: inLanes, stores: watched(seen) })
  const { id } = await world.promote(acme)
  await compared.reached
  const copy = await world.placeOf(acme, 2)
  await copy.upsert([{ id: 'nobody', values: [9, 9, 9, 9] }])
  await showing(copy, [...ids, 'nobody'])
  compared.release()
  await vi.waitFor(
    async () => {
      const move = await showMove(world.home, id)
      expect(move).toMatchObject({ state: 'paused', waitsFor: { kind: 'needs_person', count: 1 } })
      expect(move.gate).toContain('1 that nobody deleted are gone from the source')
    },
    { timeout: 60_000 },
  )
  expect(new Set(seen.lists[2]).size).toBeGreaterThanOrEqual(5)
})

test('a copy that somebody mended after the move stopped for it is compared anew, and not by what was found before', async () => {
  const { acme, before } = await tenant()
  const compared = comparisonHeld()
  const seen = watch()
  await world.replica(compared.hook, { settings: inLanes, stores: watched(seen) })
  const { id } = await world.promote(acme)
  await compared.reached
  const copy = await world.placeOf(acme, 2)
  const lost = [...(await contents(copy)).values()].slice(0, 30)
  await copy.deleteIds(lost.map((one) => one.id))
  await vi.waitFor(async () => expect((await contents(copy)).size).toBe(ids.length - 30), { timeout: 60_000 })
  compared.release()
  await vi.waitFor(
    async () => {
      const move = await showMove(world.home, id)
      expect(move).toMatchObject({ state: 'paused', waitsFor: { kind: 'needs_person', count: 30 } })
    },
    { timeout: 60_000 },
  )
  await copy.upsert(lost)
  await showing(copy, ids)
  await resumeMove(world.home, platform, id)
  const { verification } = await world.until(id, 'soaking')
  expect(verification).toMatchObject({ lanes: 3, repaired: 0, equal: ids.length })
  expect(await contents(await world.placeOf(acme))).toEqual(before)
})

test.each([
  { place: 'source', generation: 1, repaired: 1 },
  { place: 'copy', generation: 2, repaired: 0 },
])('an id that listings of the $place by prefix hide is found by one lane', async ({ generation, repaired }) => {
  const { acme, before } = await tenant()
  const hides = { id: 'doc-77', generation, times: 0 }
  await world.replica(undefined, { settings: inLanes, stores: watched({ ...watch(), hides }) })
  const { id } = await world.promote(acme)
  const { verification } = await world.until(id, 'soaking')
  expect(hides.times).toBeGreaterThan(0)
  expect(verification).toMatchObject({ lanes: 1, discarded: 1, repaired, equal: ids.length })
  expect(await contents(await world.placeOf(acme))).toEqual(before)
})

test('a mover that dies between its lanes leaves the open parts to another, which counts no record twice', async () => {
  const { acme } = await tenant()
  const died = Promise.withResolvers<void>()
  let isDead = false
  const replica = await world.replica(undefined, {
    settings: inLanes,
    stores: watched({
      ...watch(),
      onFetch: async (generation) => {
        if (isDead || generation !== 2 || ((await passRow())?.done ?? null) === null) return
        isDead = true
        await replica.killMover()
        died.resolve()
      },
    }),
  })
  const { id } = await world.promote(acme)
  await died.promise
  const left = await passRow()
  expect(left?.done?.sourceRecords).toBeGreaterThan(0)
  const open = new Set(left?.open.map(({ prefix }) => prefix))
  expect(open.size).toBeGreaterThan(0)
  const seen = watch()
  await world.replica(undefined, { settings: inLanes, stores: watched(seen) })
  const { verification } = await world.until(id, 'soaking')
  expect(verification).toMatchObject({ lanes: 3, sourceRecords: ids.length, equal: ids.length, repaired: 0 })
  expect(verification?.targetRecords).toBe(ids.length)
  expect(verification?.digest).toBe(await sumOf(await world.placeOf(acme)))
  const listed = [...new Set([...(seen.lists[1] ?? []), ...(seen.lists[2] ?? [])])].filter((prefix) => prefix !== '')
  expect(listed.length).toBeGreaterThan(0)
  expect(listed.filter((prefix) => !open.has(prefix))).toEqual([])
})

test('an app that writes while the lanes compare has its writes carried over, and the pass counts', async () => {
  const { acme, before } = await tenant()
  let written: Promise<void> | undefined
  const replica = await world.replica(undefined, {
    settings: inLanes,
    stores: watched({
      ...watch(),
      onFetch: async (generation) => {
        if (generation !== 2 || (await passRow()) === undefined) return
        written ??= (async () => {
          const put = ['_new', 'doc-5', 'doc-999', 'u0002-new'].map((id) => ({ id, values: [5, 5, 5, 5] }))
          await replica.write.put(acme, put)
          await replica.write.delete(acme, ['doc-201', 'A'])
          for (const one of put) before.set(one.id, one)
          for (const gone of ['doc-201', 'A']) before.delete(gone)
        })()
        await written
      },
    }),
  })
  const { id } = await world.promote(acme)
  const { verification } = await world.until(id, 'soaking')
  expect(written).toBeDefined()
  expect(verification).toMatchObject({ lanes: 3, repaired: 0 })
  expect(verification?.discarded).toBeUndefined()
  const after = await contents(await world.placeOf(acme))
  expect(new Map([...after].toSorted())).toEqual(new Map([...before].toSorted()))
})
