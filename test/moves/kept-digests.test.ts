import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cancelMove } from '../../src/moves/steer-move.ts'
import type { MoveSettings } from '../../src/moves/sync/step.ts'
import { compare } from '../../src/moves/verify/compare.ts'
import type { PassProgress } from '../../src/moves/verify/comparison.ts'
import { type CopiedPage, digestPages } from '../../src/moves/verify/copied-pages.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import type { TenantStore, VectorRecord, VectorStore } from '../../src/stores/store.ts'
import { heldBeforeComparing } from '../support/move-holds.ts'
import { contents, MoveWorld, platform } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(async () => {
  // A mover that stands still would never stop.
  for (const release of held.splice(0)) release()
  await world[Symbol.asyncDispose]()
})

const held: (() => void)[] = []
const { signal } = new AbortController()
const r = (n: number) => `r${String(n).padStart(6, '0')}`

/** A mover that stands still would never stop, so that a test that failed meanwhile lets it go. */
function comparisonHeld() {
  const hold = heldBeforeComparing()
  held.push(hold.release)
  return hold
}

/** Ids that the mover fetches from a place, by its generation. */
function fetched(ids: Record<number, string[]>) {
  return (inner: VectorStore): VectorStore => ({
    ...inner,
    open: (placement) => {
      const place = inner.open(placement)
      return {
        ...place,
        fetch: (these, options) => {
          ids[placement.generation]?.push(...these)
          return place.fetch(these, options)
        },
      }
    },
  })
}

async function change(place: TenantStore, id: string): Promise<void> {
  const one = await vi.waitFor(
    async () => {
      const found = (await place.fetch([id])).records.get(id)
      if (found === undefined) throw new Error(`${id} does not show yet`)
      return found
    },
    { timeout: 60_000 },
  )
  await place.upsert([{ ...one, metadata: { ...one.metadata, label: 'somebody else wrote this' } }])
}

async function pagesLeft(): Promise<number> {
  const [row] = await world.home.sql<{ n: number }[]>`select count(*)::int as n from copied_pages`
  return row?.n ?? -1
}

async function wholeDigest(acme: TenantId): Promise<string> {
  const place = await world.placeOf(acme)
  return (await compare(place, place, { signal, rangeSize: 1_000 })).digestSum
}

const inLanes: Partial<MoveSettings> = {
  copyLanes: 3,
  copySplit: { partsPerLane: 3, fromRecords: 100, pageIds: 10 },
}

test.each([
  { name: 'one lane', settings: {}, pages: 13, again: 100 },
  { name: 'several lanes', settings: inLanes, pages: 13, again: 10 },
])(
  'a copy in $name is compared by the digests that it kept, and the source is read once but for a sample',
  async (copy) => {
    const acme = await world.tenant('acme', 1_250)
    const compared = comparisonHeld()
    const ids: Record<number, string[]> = { 1: [], 2: [] }
    await world.replica(compared.hook, { settings: copy.settings, stores: fetched(ids) })
    const { id } = await world.promote(acme)
    await compared.reached
    expect(new Set(ids[1]).size).toBe(1_250)
    expect(ids[1]).toHaveLength(1_250)
    expect(await pagesLeft()).toBeGreaterThanOrEqual(copy.pages)
    compared.release()
    const { verification } = await world.until(id, 'soaking')
    const again = verification?.readAgain ?? -1
    expect(verification).toMatchObject({ sourceRecords: 1_250, targetRecords: 1_250, equal: 1_250, repaired: 0 })
    expect(again).toBeGreaterThanOrEqual(copy.again)
    expect(again).toBeLessThan(250)
    expect(ids[1]).toHaveLength(1_250 + again)
    expect(new Set(ids[2]).size).toBe(1_250)
    expect(verification?.digest).toBe(await wholeDigest(acme))
    expect(await pagesLeft()).toBe(0)
  },
)

test('records that somebody spoiled in the copy, or removed from it, are found, repaired and counted', async () => {
  const acme = await world.tenant('acme', 1_250)
  const before = await contents(await world.placeOf(acme))
  world.local.local.setFaults({ lagMs: 200 })
  const compared = comparisonHeld()
  const ids: Record<number, string[]> = { 1: [], 2: [] }
  await world.replica(compared.hook, { stores: fetched(ids) })
  const { id } = await world.promote(acme)
  await compared.reached
  const copy = await world.placeOf(acme, 2)
  await change(copy, r(444))
  await change(copy, r(1_249))
  await copy.deleteIds([r(777)])
  compared.release()
  const { verification } = await world.until(id, 'soaking')
  expect(verification).toMatchObject({ sourceRecords: 1_250, targetRecords: 1_250, equal: 1_250, repaired: 3 })
  // After a repair nothing that was kept is trusted.
  expect(verification?.readAgain).toBe(1_250)
  expect(await contents(await world.placeOf(acme))).toEqual(before)
  // In the first pass the sample and the three pages were read.
  expect(ids[1]?.length).toBeGreaterThanOrEqual(1_250 + 350 + 1_250)
})

test('writes between the copy and the comparison on a store that shows them late are the change log’s, and no repairs', async () => {
  const acme = await world.tenant('acme', 1_250)
  const before = await contents(await world.placeOf(acme))
  world.local.local.setFaults({ lagMs: 250 })
  const compared = comparisonHeld()
  const { write } = await world.replica(compared.hook)
  const { id } = await world.promote(acme)
  await compared.reached
  const puts: VectorRecord[] = [r(5), r(333), r(1_000), `${r(612)}-new`, 'a-new', 'z-new'].map((one, n) => ({
    id: one,
    values: [9, n, 9, n],
  }))
  await write.put(acme, puts)
  await write.delete(acme, [r(250), r(901)])
  compared.release()
  await write.put(acme, [{ id: r(334), values: [3, 3, 4, 4] }])
  const { verification } = await world.until(id, 'soaking')
  expect(verification?.repaired).toBe(0)
  // Other pages than those that were written are not read again: the sample, and those of nine ids at most.
  expect(verification?.readAgain).toBeLessThan(1_250 - 200)
  for (const one of [...puts, { id: r(334), values: [3, 3, 4, 4] }]) before.set(one.id, one)
  for (const gone of [r(250), r(901)]) before.delete(gone)
  const after = await contents(await world.placeOf(acme))
  expect(new Map([...after].toSorted())).toEqual(new Map([...before].toSorted()))
})

test('a page of which the copy left a record to the change log is not kept', async () => {
  const acme = await world.tenant('acme', 1_250)
  const compared = comparisonHeld()
  const { write } = await world.replica(async (point, move) => {
    // Both batches are read by then, and the second is not claimed.
    if (point === 'copy: batch claimed' && move.copied === 0 && (await pagesLeft()) === 0)
      await write.put(acme, [{ id: r(1_111), values: [1, 1, 1, 1] }])
    await compared.hook(point, move)
  })
  const { id } = await world.promote(acme)
  await compared.reached
  const kept = await world.home.sql<{ first_id: string }[]>`select first_id from copied_pages order by first_id`
  expect(kept.map((row) => row.first_id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12].map((n) => r(n * 100)))
  compared.release()
  expect((await world.until(id, 'soaking')).verification).toMatchObject({ readAgain: 200, repaired: 0, equal: 1_250 })
})

test('a source that is written past the router is found by the sample, and then read whole', async () => {
  const acme = await world.tenant('acme', 1_250)
  const compared = comparisonHeld()
  await world.replica(compared.hook)
  const { id } = await world.promote(acme)
  await compared.reached
  const source = await world.placeOf(acme, 1)
  await change(source, r(7))
  await change(source, r(1_077))
  const now = await contents(source)
  compared.release()
  const { verification } = await world.until(id, 'soaking')
  expect(verification).toMatchObject({ repaired: 2, readAgain: 1_250, equal: 1_250 })
  expect(await contents(await world.placeOf(acme))).toEqual(now)
})

test('a mover that dies while it compares leaves the digests to the next', async () => {
  const acme = await world.tenant('acme', 2_300)
  const died = Promise.withResolvers<void>()
  let isComparing = false
  const replica = await world.replica(
    async (point, { state }) => {
      if (point === 'sync: carried over' && state === 'verifying') isComparing = true
    },
    {
      stores: (inner) => ({
        ...inner,
        open: (placement) => {
          const place = inner.open(placement)
          const fetch: TenantStore['fetch'] = async (ids, options) => {
            if (isComparing && placement.generation === 2 && ids.includes(r(1_500))) {
              await replica.killMover()
              died.resolve()
            }
            return place.fetch(ids, options)
          }
          return { ...place, fetch }
        },
      }),
    },
  )
  const { id } = await world.promote(acme)
  await died.promise
  expect(await pagesLeft()).toBe(23)
  const ids: Record<number, string[]> = { 1: [] }
  await world.replica(undefined, { stores: fetched(ids) })
  const { verification } = await world.until(id, 'soaking')
  expect(verification).toMatchObject({ sourceRecords: 2_300, equal: 2_300, repaired: 0, readAgain: 100 })
  expect(ids[1]).toHaveLength(100)
  expect(verification?.digest).toBe(await wholeDigest(acme))
})

test('a comparison by digests that another mover goes on with finds what one in a single run finds', async () => {
  const acme = await world.tenant('acme', 2_300)
  const [here, compared] = [await world.placeOf(acme), comparisonHeld()]
  await world.replica(compared.hook)
  await world.promote(acme)
  await compared.reached
  const there = await world.placeOf(acme, 2)
  const batch = { batch: { ids: [...(await contents(here)).keys()], records: await contents(here) } }
  const all = await digestPages([batch as never], new Set(batch.batch.ids))
  // Pages that lie across the listing's, as those of parts do.
  const pages = all.filter(({ firstId }) => firstId !== r(1_200))
  await here.deleteIds([r(0), r(1), r(2), r(1_999)])
  await there.deleteIds([r(3), r(1_000), r(2_299)])
  await change(there, r(555))
  const after = (id: string | undefined) =>
    (async function* (): AsyncGenerator<CopiedPage, undefined> {
      yield* pages.filter(({ firstId }) => id === undefined || firstId > id)
      return undefined
    })()
  const marks: PassProgress[] = []
  const options = { signal, rangeSize: 700 }
  const onProgress = async (mark: PassProgress) => void marks.push(JSON.parse(JSON.stringify(mark)))
  const byPages = await compare(here, there, { ...options, pages: after(undefined), onProgress })
  const { readAgain, ...whole } = await compare(here, there, options)
  expect(byPages).toMatchObject(whole)
  expect(byPages.toPut.toSorted()).toEqual([r(3), r(555), r(1_000), r(2_299)])
  expect([readAgain, byPages.readAgain < 1_000]).toEqual([2_296, true])
  expect(marks.length).toBeGreaterThanOrEqual(2)
  for (const mark of marks) {
    expect(await compare(here, there, { ...options, begun: mark, pages: after(mark.lastId) })).toMatchObject(whole)
    const lost = { ...mark, sourceCursor: 'expired', targetCursor: 'expired' }
    expect(await compare(here, there, { ...options, begun: lost, pages: after(mark.lastId) })).toMatchObject(whole)
  }
})

test('a move that is cancelled keeps no digests', async () => {
  const acme = await world.tenant('acme', 250)
  const compared = comparisonHeld()
  await world.replica(compared.hook)
  const { id } = await world.promote(acme)
  await compared.reached
  expect(await pagesLeft()).toBe(3)
  await cancelMove(world.home, platform, id)
  compared.release()
  await world.until(id, 'cancelled')
  expect(await pagesLeft()).toBe(0)
})
