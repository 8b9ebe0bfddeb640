import { afterEach, beforeEach, expect, test } from 'vitest'
import { planMove } from '../../src/moves/plan/plan-move.ts'
import { listPrices, parsePriceList } from '../../src/moves/plan/price-list.ts'
import { completeMove } from '../../src/moves/steer-move.ts'
import type { WantedMove } from '../../src/moves/target/plan-refusals.ts'
import { MoveWorld, settings as moverSettings, platform } from '../support/move-world.ts'
import { type WatchedStore, watchedStore } from '../support/watched-store.ts'
import { openShard, start, startMover } from './shards.ts'

const settings = { ...moverSettings, retentionMs: 72 * 3_600_000 }

let world: MoveWorld
let stores: WatchedStore
beforeEach(async () => {
  world = await MoveWorld.open()
  stores = watchedStore(world.store)
})
afterEach(() => world[Symbol.asyncDispose]())

function plan(wanted: WantedMove, changed: Partial<typeof settings> = {}, priceList = listPrices) {
  const deps = { db: world.home.db, stores, settings: { ...settings, ...changed }, priceList }
  return planMove(deps, wanted, new AbortController().signal)
}

/** Every row that a move could touch. */
async function rows() {
  const { sql } = world.home
  return [
    await sql`select * from moves`,
    await sql`select * from move_events`,
    await sql`select * from cleanups`,
    await sql`select * from places`,
    await sql`select * from indexes`,
    await sql`select * from tenants`,
    await sql`select * from routing`,
    await sql`select * from audit`,
  ]
}

test('a plan reads the source three times, changes nothing, and counts what the move then moves', async () => {
  const acme = await world.tenant('acme', 730)
  const before = await rows()
  const planned = await plan({ tenantId: acme, kind: 'promote' })
  expect(stores.calls).toEqual(['describeNamespace', 'list', 'fetch'])
  expect(await rows()).toEqual(before)
  expect((await world.store.listIndexes('default')).map((index) => index.name)).toEqual(['tr-pool-1'])

  await world.replica()
  const { id } = await start(world, acme, 'promote')
  const move = await world.until(id, 'soaking')
  expect(planned).toMatchObject({
    refusals: [],
    records: move.progress.total,
    sampledRecords: 100,
    source: { kind: 'pool', index: 'tr-pool-1' },
    target: { kind: 'silo', project: 'default', index: null, region: 'us-east-1' },
  })
  expect(planned.records).toBe(move.verification?.equal)
  expect(planned.parity.every((one) => one.equal)).toBe(true)
})

test('units, price and time of a plan follow from what the steps would ask of the store', async () => {
  const acme = await world.tenant('acme', 1000)
  const planned = await plan({ tenantId: acme, kind: 'promote' })
  // Listed and fetched to be copied, and in the new place to be compared; in the old one listed again, and a page fetched.
  const reading = 2 * (10 + 100) + (10 + 10)
  expect(planned.units.read).toBeGreaterThanOrEqual(reading)
  expect(planned.units.read).toBeLessThan(reading + 20)
  // An id of 7 bytes, 4 dimensions and some metadata: about 70 bytes each, and a write unit is a KB.
  expect(planned.bytes / planned.records).toBeGreaterThan(7 + 4 * 4)
  expect(planned.bytes / planned.records).toBeLessThan(200)
  expect(planned.units.write).toBeGreaterThanOrEqual(Math.ceil(planned.bytes / 1024))
  const { price } = planned
  if (price === null) throw new Error('us-east-1 has a price')
  expect(price.readUnits).toBeCloseTo((planned.units.read * 16) / 1e6, 9)
  expect(price.writeUnits).toBeCloseTo((planned.units.write * 4) / 1e6, 9)
  expect(price.total).toBeCloseTo(price.readUnits + price.writeUnits + price.storage, 9)
  expect(price).toMatchObject({ currency: 'USD', plan: 'Standard', asOf: listPrices.asOf })
  expect(planned.steps.map((one) => one.step)).toEqual([
    'prepare',
    'arm',
    'copy',
    'verify',
    'fence',
    'open',
    'soak',
    'complete',
  ])
  expect(planned.steps[2]).toMatchObject({ source: { list: 10, fetch: 10 }, target: { upsert: 10 } })
  expect(planned.durationS).toBeGreaterThan(1)
  expect(planned.durationS).toBeLessThan(60)
  expect(planned.writePause).toEqual({ expectedMs: 100, atMostMs: 5_000, basedOnMoves: 0 })
  for (const rate of planned.rates) expect(rate.share).toBeLessThanOrEqual(0.9)
  expect(planned.rates.find((rate) => rate.call === 'fetch')).toMatchObject({ index: 'tr-pool-1', limitPerSecond: 100 })
  expect(planned.quota).toEqual([{ name: 'indexes_in_project', used: 1, afterwards: 2, limit: 20 }])
})

test('the calls of a plan are those that the move then makes, nearly', async () => {
  const acme = await world.tenant('acme', 2500)
  const planned = await plan({ tenantId: acme, kind: 'promote' })
  const made = { source: { list: 0, fetch: 0 }, target: { list: 0, fetch: 0, upsert: 0 } }
  await using _mover = await startMover(world, ({ index, op }) => {
    const side = index === 'tr-pool-1' ? made.source : made.target
    if (op === 'list' || op === 'fetch') side[op] += 1
    else if (op === 'upsert') made.target.upsert += 1
  })
  await world.until((await start(world, acme, 'promote')).id, 'soaking')
  const sum = (side: 'source' | 'target', call: 'list' | 'fetch' | 'upsert') =>
    planned.steps.reduce((total, step) => total + step[side][call], 0)
  const near = (actual: number, estimated: number) => {
    expect(actual / estimated).toBeGreaterThan(0.7)
    expect(actual / estimated).toBeLessThan(1.4)
  }
  near(made.source.list, sum('source', 'list'))
  near(made.source.fetch, sum('source', 'fetch'))
  near(made.target.fetch, sum('target', 'fetch'))
  expect(sum('source', 'fetch')).toBe(26)
  near(made.target.upsert, sum('target', 'upsert'))
})

test('a larger tenant is planned to take longer and cost more, and moves that were made tell the pause', async () => {
  const [small, large] = [await world.tenant('small', 50), await world.tenant('large', 3000)]
  const [one, other] = [
    await plan({ tenantId: small, kind: 'promote' }),
    await plan({ tenantId: large, kind: 'promote' }),
  ]
  expect(other.price?.total).toBeGreaterThan(one.price?.total ?? Number.POSITIVE_INFINITY)
  expect(other.units.read / one.units.read).toBeGreaterThan(20)
  const replica = await world.replica()
  const { id } = await start(world, small, 'promote')
  const move = await world.until(id, 'soaking')
  await replica.stopMover()
  const later = await plan({ tenantId: large, kind: 'promote' })
  expect(later.writePause).toMatchObject({ expectedMs: Math.min(move.writePauseMs ?? 0, 5_000), basedOnMoves: 1 })
  await world.home.sql`update moves set write_pause_ms = 5016`
  const { writePause } = await plan({ tenantId: large, kind: 'promote' })
  expect(writePause).toEqual({ expectedMs: 5_000, atMostMs: 5_000, basedOnMoves: 1 })
})

test('a plan that would be refused says each reason, as a start would', async () => {
  const acme = await world.tenant('acme', 5)
  const full = await plan({ tenantId: acme, kind: 'promote' }, { projectIndexLimit: 1 })
  expect(full.refusals).toMatchObject([{ code: 'index_limit_reached', message: expect.stringContaining('limit') }])
  expect(full.target).toBeNull()
  const demoted = await plan({ tenantId: acme, kind: 'demote' })
  expect(demoted.refusals).toMatchObject([{ code: 'conflict', message: 'The tenant is in a shared index already.' }])
  const roomless = await plan({ tenantId: acme, kind: 'rebalance' })
  expect(roomless.refusals).toMatchObject([{ code: 'conflict', message: expect.stringContaining('indexes add') }])
  await openShard(world, 2, { region: 'eu-west-1', dimension: 8 })
  const apart = await plan({ tenantId: acme, kind: 'rebalance', to: 'tr-pool-2' })
  expect(apart.refusals).toMatchObject([{ code: 'conflict', message: expect.stringContaining('8 dimensions') }])
  expect(apart.parity).toEqual([
    { of: 'model', source: 'test', target: 'test', equal: true },
    { of: 'dimension', source: '4', target: '8', equal: false },
    { of: 'metric', source: 'cosine', target: 'cosine', equal: true },
    { of: 'region', source: 'us-east-1', target: 'eu-west-1', equal: false },
  ])
  await start(world, acme, 'promote')
  const busy = await plan({ tenantId: acme, kind: 'promote' }, { projectIndexLimit: 1 })
  expect(busy.refusals.map((one) => one.code)).toEqual(['move_in_progress', 'index_limit_reached'])
})

test('a plan names the shared index that the move then takes, and its room', async () => {
  const acme = await world.tenant('acme', 20)
  const replica = await world.replica()
  const promoted = await start(world, acme, 'promote')
  await world.until(promoted.id, 'soaking')
  await completeMove(world.home, platform, promoted.id)
  await world.until(promoted.id, 'completed')
  await openShard(world, 2, { fill: 12 })
  const planned = await plan({ tenantId: acme, kind: 'demote' })
  const move = await world.until((await start(world, acme, 'demote')).id, 'soaking')
  await replica.stopMover()
  expect(planned.target).toMatchObject({ kind: 'pool', index: move.target?.index })
  expect(planned.quota).toEqual([
    { name: 'indexes_in_project', used: 3, afterwards: 2, limit: 20 },
    { name: 'namespaces_in_index', used: 12, afterwards: 13, limit: 100 },
  ])
})

test('a region that the list lacks has no price, and says so', async () => {
  const acme = await world.tenant('acme', 10)
  const nowhere = parsePriceList({ asOf: '2026-01-01', plan: 'Our contract', regions: {} })
  const planned = await plan({ tenantId: acme, kind: 'promote' }, {}, nowhere)
  expect(planned.price).toBeNull()
  expect(planned.priceNote).toMatch(/has none for aws\/us-east-1.*its own 2,000 read units a second/)
  expect(planned.egress).toMatchObject({
    price: null,
    perGigabyte: { source: null, target: null },
    note: 'No price is known: the list of 2026-01-01 (Our contract) has none of egress for aws/us-east-1. PRICE_LIST adds it (perGigabyteEgress).',
  })
})

test('a plan says what leaves the places, at the price of a gigabyte, and which limit binds', async () => {
  const acme = await world.tenant('acme', 250)
  const prices = { perMillionReadUnits: 16, perMillionWriteUnits: 4, perGigabyteMonth: 0.33, perGigabyteEgress: 0.1 }
  const own = parsePriceList({ asOf: '2026-01-01', plan: 'Our contract', otherwise: prices })
  const planned = await plan({ tenantId: acme, kind: 'promote' }, {}, own)
  const { bytes, egress, binds, steps } = planned
  expect(egress).toMatchObject({ fromSource: 1.4 * bytes, fromTarget: bytes, toTarget: bytes })
  expect(egress.perGigabyte).toEqual({ source: 0.1, target: 0.1 })
  expect(egress.price).toBeCloseTo((2.4 * bytes * 0.1) / 1e9, 12)
  // A small tenant waits for its index, and is copied in one lane.
  expect(binds).toEqual({ step: 'prepare', limit: 'new_index', seconds: 10, words: expect.stringContaining('10 s') })
  expect(steps.map(({ lanes }) => lanes)).toEqual(Array(8).fill(1))
  expect(planned.durationS).toBeCloseTo(
    steps.slice(0, 6).reduce((sum, { seconds }) => sum + seconds, 0),
    2,
  )
})

test('a large tenant is planned in lanes; its speeds are measured, and else assumed, and the plan says which', async () => {
  const acme = await world.tenant('acme', 30_000)
  const planned = await plan({ tenantId: acme, kind: 'promote' }, { copyLanes: 3 })
  expect(planned.records).toBe(30_000)
  const [, , copy, verify] = planned.steps
  expect([copy?.lanes, verify?.lanes]).toEqual([3, 3])
  expect(copy?.limits.map(({ limit }) => limit)).toEqual([
    'fetches',
    'lists',
    'upserts',
    'upsert_bytes',
    'answers',
    'puts',
    'processor',
  ])
  const seconds = (limit: string) => copy?.limits.find((one) => one.limit === limit)?.seconds ?? 0
  // 300 pages by 90 fetches and upserts a second, of which fetches have a second's worth at once.
  expect(seconds('fetches')).toBeCloseTo((300 + 0.1 - 90) / 90, 1)
  expect(seconds('upserts')).toBeCloseTo((300 - 1) / 90, 6)
  const { listMs, fetchMs, processorS } = planned.speeds
  expect(seconds('answers')).toBeCloseTo((0.3 * listMs + 0.03 * fetchMs + 0.03 * processorS) / 3, 6)
  expect(copy?.seconds).toBe(Math.max(...(copy?.limits ?? []).map((one) => one.seconds)))
  expect(planned.speeds).toMatchObject({
    upsertMs: 2 * fetchMs,
    basis: { answers: 'measured', puts: 'assumed', processor: 'measured' },
  })
  expect((await plan({ tenantId: acme, kind: 'promote' }, { copyLanes: 1 })).steps[2]?.lanes).toBe(1)

  const deps = { db: world.home.db, stores, settings, priceList: listPrices, storeMs: () => 4_000 }
  const slow = await planMove(deps, { tenantId: acme, kind: 'promote' }, new AbortController().signal)
  expect(slow.speeds).toMatchObject({ upsertMs: 4_000, basis: { puts: 'measured' } })
  // 300 upserts, four at once in each of four lanes.
  expect(slow.binds).toMatchObject({
    step: 'copy',
    limit: 'puts',
    seconds: 75,
    words: expect.stringContaining('4,000 ms'),
  })
  const empty = await plan({ tenantId: await world.tenant('empty', 0), kind: 'promote' })
  expect(empty).toMatchObject({ bytes: 0, speeds: { processorS: expect.closeTo((140 / 512) * 4, 6) } })
  expect(empty.speeds.basis).toMatchObject({ processor: 'assumed', words: expect.stringContaining('docs/capacity.md') })
})

test("one's own prices take the place of the list", async () => {
  const acme = await world.tenant('acme', 1000)
  const own = parsePriceList({
    asOf: '2026-01-01',
    plan: 'Our contract',
    otherwise: { perMillionReadUnits: 1_000_000, perMillionWriteUnits: 0, perGigabyteMonth: 0 },
  })
  const planned = await plan({ tenantId: acme, kind: 'promote' }, {}, own)
  expect(planned.price).toMatchObject({ total: planned.units.read, plan: 'Our contract', asOf: '2026-01-01' })
  expect(() => parsePriceList({ asOf: 'x', plan: 'y', otherwise: { perMillionReadUnits: -1 } })).toThrow(
    'otherwise.perMillionReadUnits of the price list is not a price.',
  )
})
