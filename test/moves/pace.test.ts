import { expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { Pace } from '../../src/moves/pace/pace.ts'
import { paceSettings } from '../../src/moves/pace/pace-settings.ts'
import { Paces } from '../../src/moves/pace/pace-stores.ts'
import type { Placement } from '../../src/placement/placement.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import type { TenantStore, VectorStore } from '../../src/stores/store.ts'
import { contents, MoveWorld } from '../support/move-world.ts'
import { testVectors } from '../support/test-vectors.ts'
import { start, startMover } from './shards.ts'

/** Time that passes only when someone sleeps. */
function virtualClock() {
  let nowMs = 0
  return {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms
    },
  }
}

const { maxPerSecond, minPerSecond, increasePerSecond } = paceSettings

test('a pace lets a second’s worth through at once, and then as much as its rate', async () => {
  const clock = virtualClock()
  const pace = new Pace(clock.now)
  for (let i = 0; i < maxPerSecond; i += 1) expect(pace.take(1)).toBe(0)
  expect(pace.take(1)).toBeCloseTo(1000 / maxPerSecond)
  await clock.sleep(1000)
  expect(pace.take(1)).toBe(0)
})

test('a refusal cuts the rate by half, those right after it are the same trouble, and it rises again step by step', async () => {
  const clock = virtualClock()
  const pace = new Pace(clock.now)
  pace.refused()
  await clock.sleep(10)
  pace.refused()
  const cut = maxPerSecond / 2 + increasePerSecond * 0.01
  expect(pace.perSecond).toBeCloseTo(cut)
  expect(pace.take(10)).toBeGreaterThan(100)
  await clock.sleep(4000)
  expect(pace.perSecond).toBeCloseTo(cut + increasePerSecond * 4)
  for (let i = 0; i < 20; i += 1) {
    pace.refused()
    await clock.sleep(1000)
  }
  expect(pace.perSecond).toBeGreaterThanOrEqual(minPerSecond)
  expect(pace.perSecond).toBeLessThan(minPerSecond + 3 * increasePerSecond)
  await clock.sleep(60_000)
  expect(pace.perSecond).toBe(maxPerSecond)
})

test('an index that answers much later than it did is left in peace; a slow answer alone is not', async () => {
  const clock = virtualClock()
  const pace = new Pace(clock.now)
  for (let i = 0; i < 50; i += 1) pace.answered(40)
  pace.answered(400)
  expect(pace.perSecond).toBe(maxPerSecond)
  for (let i = 0; i < 10; i += 1) pace.answered(400)
  expect(pace.perSecond).toBe(maxPerSecond / 2)
  const local = new Pace(clock.now)
  for (let i = 0; i < 50; i += 1) local.answered(1)
  for (let i = 0; i < 50; i += 1) local.answered(20)
  expect(local.perSecond).toBe(maxPerSecond)
})

const placement: Placement = {
  placeId: 1,
  tenantId: parseTenantId('acme'),
  project: 'default',
  indexName: 'tr-pool-1',
  generation: 1,
  indexHost: 'http://127.0.0.1:9',
  namespace: 'tenant_acme_g1',
  kind: 'pool',
  vectors: testVectors,
}

/** An index that answers `perSecond` fetches a second and refuses what is more. */
function limitedStore(clock: ReturnType<typeof virtualClock>, perSecond: () => number) {
  const answered: number[] = []
  let refused = 0
  const place = {
    placement,
    fetch: async () => {
      await clock.sleep(1)
      const now = clock.now()
      while ((answered[0] ?? now) < now - 1000) answered.shift()
      if (answered.length >= perSecond()) {
        refused += 1
        throw new AppError('store_busy', 'too fast')
      }
      answered.push(now)
      return { records: new Map() }
    },
  } as unknown as TenantStore
  return { stores: { open: () => place } as unknown as VectorStore, refusals: () => refused }
}

test('a mover finds the rate that an index bears, and takes up speed when it bears more', async () => {
  const clock = virtualClock()
  const paces = new Paces(clock)
  let bears = 30
  const { stores, refusals } = limitedStore(clock, () => bears)
  const place = paces.slow(stores).open(placement)
  const fetchFor = async (ms: number) => {
    const [from, refusedBefore] = [clock.now(), refusals()]
    let done = 0
    while (clock.now() - from < ms) {
      const ok = await place.fetch(['a']).then(
        () => true,
        () => false,
      )
      if (ok) done += 1
    }
    return { perSecond: (done * 1000) / ms, refused: refusals() - refusedBefore }
  }
  await fetchFor(10_000)
  const slow = await fetchFor(60_000)
  expect(slow.perSecond).toBeGreaterThan(15)
  expect(slow.perSecond).toBeLessThanOrEqual(30)
  expect(slow.refused / (slow.perSecond * 60)).toBeLessThan(0.1)
  bears = 1000
  await fetchFor(20_000)
  const fast = await fetchFor(10_000)
  expect(fast).toEqual({ perSecond: expect.closeTo(maxPerSecond, -1), refused: 0 })
})

test('what an index refuses the apps slows the moves that use it, and no other', () => {
  const clock = virtualClock()
  const paces = new Paces(clock)
  const [here, there] = [paces.of('default', 'tr-pool-1'), paces.of('default', 'tr-pool-2')]
  paces.noteCall({ project: 'default', index: 'tr-pool-1', refusals: 0 })
  expect(here.perSecond).toBe(maxPerSecond)
  paces.noteCall({ project: 'default', index: 'tr-pool-1', refusals: 2 })
  expect([here.perSecond, there.perSecond]).toEqual([maxPerSecond / 2, maxPerSecond])
})

test('a move of an index that refuses calls slows down and loses nothing', async () => {
  await using world = await MoveWorld.open()
  const acme = await world.tenant('acme', 1500)
  const before = await contents(await world.placeOf(acme))
  const paces = new Paces()
  const rates: number[] = []
  await using _mover = await startMover(
    world,
    (call) => {
      paces.noteCall(call)
      if (call.index === 'tr-pool-1') rates.push(paces.of('default', call.index).perSecond)
    },
    paces,
  )
  world.local.local.setFaults({
    rules: [{ fault: 'rateLimit', on: 'fetch', index: 'tr-pool-1', perSecond: 25, burst: 3, retryAfterS: 0.02 }],
  })
  const { id } = await start(world, acme, 'promote')
  const move = await world.until(id, 'soaking')
  expect(move.verification).toMatchObject({ equal: 1500, repaired: 0 })
  expect(Math.min(...rates)).toBeLessThan(maxPerSecond)
  world.local.local.setFaults({ rules: [] })
  expect(await contents(await world.placeOf(acme))).toEqual(before)
})

/** A store that answers at once, and when each call came. */
function instantStore(clock: { readonly now: () => number }, calls: Record<string, number[]>) {
  const counted = async <T>(call: string, answer: T) => {
    const times = calls[call] ?? []
    calls[call] = [...times, clock.now()]
    return answer
  }
  const open = (placement: Placement) => ({
    placement,
    list: () => counted('list', { ids: [] }),
    fetch: () => counted('fetch', { records: new Map() }),
    upsert: () => counted(`upsert ${placement.namespace}`, {}),
  })
  return { open } as unknown as VectorStore
}

/** Time that stands still until nobody runs, and then goes to the first sleeper's end. */
function stagedClock() {
  let nowMs = 0
  const sleepers: { readonly wakeMs: number; readonly wake: () => void }[] = []
  return {
    now: () => nowMs,
    sleep: (ms: number) => new Promise<void>((wake) => sleepers.push({ wakeMs: nowMs + ms, wake })),
    async until(ms: number) {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        const wakeMs = Math.min(...sleepers.map((one) => one.wakeMs))
        const next = sleepers.find((one) => one.wakeMs === wakeMs)
        if (next === undefined || next.wakeMs > ms) break
        sleepers.splice(sleepers.indexOf(next), 1)
        nowMs = next.wakeMs
        next.wake()
      }
      nowMs = ms
    },
  }
}

test('calls of a mover, however many at once, keep below each of the vendor’s limits', async () => {
  const clock = stagedClock()
  const calls: Record<string, number[]> = {}
  const place = new Paces(clock).slow(instantStore(clock, calls)).open(placement)
  // A record of 1,536 dimensions is 6,161 bytes of the vendor's: 100 of them 0.6 MB.
  const values = Array<number>(1536).fill(0.5)
  const records = Array.from({ length: 100 }, (_, n) => ({ id: `r${n}`, values }))
  for (let n = 0; n < 1_600; n += 1) {
    void place.list({ prefix: `p${n}`, limit: 1 })
    if (n % 2 === 0) void place.fetch(['a'])
    if (n % 2 === 0) void place.upsert(records)
  }
  await clock.until(7_000)
  const aSecond = (call: string) => (calls[call] ?? []).filter((ms) => ms > 2_000).length / 5
  expect(aSecond('list')).toBeCloseTo(180, -1)
  expect(aSecond('fetch')).toBeLessThanOrEqual(90)
  const bytes = aSecond(`upsert ${placement.namespace}`) * 616_000
  expect(bytes).toBeGreaterThan(40e6)
  expect(bytes).toBeLessThanOrEqual(45.5e6)
  expect(mostInASecond(calls[`upsert ${placement.namespace}`] ?? []) * 616_000).toBeLessThan(50e6)
})

/** The most calls that came within a second, whichever. */
function mostInASecond(times: readonly number[]): number {
  const isWithin = (ms: number, from: number) => ms >= from && ms < from + 999.999
  return Math.max(...times.map((from) => times.filter((ms) => isWithin(ms, from)).length))
}

test('a mover sends nine tenths of the upserts that a namespace takes in a second, and never more', async () => {
  const clock = stagedClock()
  const calls: Record<string, number[]> = {}
  const stores = new Paces(clock).slow(instantStore(clock, calls))
  const small = [{ id: 'a', values: [1, 0, 0, 0] }]
  // An idle place, then steps of one move that open it anew: no step begins with upserts that were saved up.
  const first = stores.open(placement)
  for (let n = 0; n < 20; n += 1) void first.upsert(small)
  await clock.until(3_000)
  expect(calls[`upsert ${placement.namespace}`]).toHaveLength(20)
  for (let n = 0; n < 400; n += 1) void stores.open(placement).upsert(small)
  const other = { ...placement, namespace: 'tenant_bolt_g1' }
  for (let n = 0; n < 100; n += 1) void stores.open(other).upsert(small)
  await clock.until(6_000)
  const times = calls[`upsert ${placement.namespace}`] ?? []
  expect(times.length - 20).toBeGreaterThan(265)
  expect(mostInASecond(times)).toBe(90)
  // Another namespace of the index has a limit of its own.
  expect(calls[`upsert ${other.namespace}`]).toHaveLength(100)
})

test('upserts and fetches that make several requests each count as many', async () => {
  const clock = stagedClock()
  const calls: Record<string, number[]> = {}
  const place = new Paces(clock).slow(instantStore(clock, calls)).open(placement)
  // 100 records with 30,000 bytes of metadata each are 3 MB, so two upserts.
  const large = Array.from({ length: 100 }, (_, n) => ({
    id: `r${n}`,
    values: [1, 0, 0, 0],
    metadata: { text: 'x'.repeat(30_000) },
  }))
  for (let n = 0; n < 100; n += 1) void place.upsert(large)
  // Ids of 500 characters: 13 of them fill a URL.
  const ids = Array.from({ length: 130 }, (_, n) => `${'i'.repeat(496)}${String(n).padStart(4, '0')}`)
  for (let n = 0; n < 60; n += 1) void place.fetch(ids)
  await clock.until(2_000)
  const upserts = (calls[`upsert ${placement.namespace}`] ?? []).length
  // The bytes allow 15 a second, which are 30 requests.
  expect(upserts).toBeGreaterThan(25)
  expect(upserts).toBeLessThanOrEqual(31)
  // A second's worth at once, and 180 in the two seconds: 27 calls of ten requests.
  expect((calls.fetch ?? []).length).toBeLessThanOrEqual(27)
})
