import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { stopDrain } from '../../src/moves/drain/start-drain-stop.ts'
import { listMoves, showMove } from '../../src/moves/show-move.ts'
import { completeMove } from '../../src/moves/steer-move.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { contents, MoveWorld, platform, settings } from '../support/move-world.ts'
import { countOf, drain, openShard, start } from './shards.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

test('a tenant is rebalanced to the index that was asked for while its app writes, and its neighbours stay', async () => {
  const replica = await world.replica()
  const acme = await world.tenant('acme', 600)
  const other = await world.tenant('other', 10)
  await openShard(world, 2, { fill: 50 })
  await openShard(world, 3)
  const expected = await contents(await world.placeOf(acme))
  let done = false
  const writing = (async () => {
    for (let n = 0; !done; n += 1) {
      const record = { id: `w${n % 30}`, values: [1, n, 2, 3], metadata: { n } }
      await replica.write.put(acme, [record])
      expected.set(record.id, record)
    }
  })()
  const { id } = await start(world, acme, 'rebalance', 'tr-pool-3')
  const move = await world.until(id, 'soaking')
  done = true
  await writing
  expect(move).toMatchObject({ source: { index: 'tr-pool-1' }, target: { kind: 'pool', index: 'tr-pool-3' } })
  await completeMove(world.home, platform, id)
  await world.until(id, 'completed')
  const now = await contents(await world.placeOf(acme))
  expect([...now.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [key, record] of expected) expect([key, now.get(key)?.metadata]).toEqual([key, record.metadata])
  expect((await contents(await world.placeOf(other))).size).toBe(10)
  expect((await world.placeOf(other)).placement.indexName).toBe('tr-pool-1')
  expect(await countOf(world, 'tr-pool-1')).toMatchObject({ used: 1 })
  expect(await countOf(world, 'tr-pool-3')).toMatchObject({ used: 1 })
})

test('an index that does not fit is refused with the reason', async () => {
  const acme = await world.tenant('acme', 1)
  await openShard(world, 2, { limit: 3, fill: 3 })
  await openShard(world, 3, { region: 'eu-west-1' })
  await openShard(world, 4, { dimension: 8 })
  await openShard(world, 5, { metric: 'euclidean' })
  for (const [to, code, words] of [
    ['tr-pool-1', 'conflict', 'in index tr-pool-1 already'],
    ['tr-pool-2', 'conflict', 'is full'],
    ['tr-pool-3', 'conflict', 'must stay in us-east-1'],
    ['tr-pool-4', 'conflict', "8 dimensions and the tenant's vectors have 4"],
    ['tr-pool-5', 'conflict', 'compares by euclidean'],
    ['nowhere', 'invalid_request', 'no index nowhere'],
  ] as const) {
    await expect(start(world, acme, 'rebalance', to)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
  }
  expect(await world.home.sql`select id from moves`).toEqual([])
})

test('a drain empties a shared index in order, one move at a time, and lets nobody in', async () => {
  const tenants = []
  for (const id of ['zoe', 'acme', 'mid']) tenants.push(await world.tenant(id, 20))
  await openShard(world, 2)
  const drained = await drain(world, 'tr-pool-1')
  expect(drained).toMatchObject({ index: 'tr-pool-1', skipped: [], left: 0 })
  expect(drained.moves.map((move) => [move.tenantId, move.kind, move.state])).toEqual([
    ['zoe', 'rebalance', 'queued'],
    ['acme', 'rebalance', 'queued'],
    ['mid', 'rebalance', 'queued'],
  ])
  const order: string[] = []
  let held = 0
  const heldWhileCopying = new Set<number>()
  await world.replica(async (point, move) => {
    if (point === 'prepare: target reserved') {
      held += 1
      order.push(move.tenantId)
    }
    if (point === 'copy: batch recorded') heldWhileCopying.add(held)
    if (point === 'open: barrier passed') held -= 1
  })
  for (const { id } of drained.moves) {
    await world.until(id, 'soaking')
    await completeMove(world.home, platform, id)
    await world.until(id, 'completed')
  }
  expect(order).toEqual(['zoe', 'acme', 'mid'])
  expect(heldWhileCopying).toEqual(new Set([1]))
  expect(await countOf(world, 'tr-pool-1')).toMatchObject({ used: 0, draining: true })
  expect(await countOf(world, 'tr-pool-2')).toMatchObject({ used: 3 })
  for (const tenant of tenants) expect((await contents(await world.placeOf(tenant))).size).toBe(20)
  // Emptied, it still takes nobody, and there is nothing more to do.
  const back = await start(world, tenants[0] ?? (await world.tenant('x', 0)), 'rebalance').catch((error) => error)
  expect(back).toMatchObject({ code: 'conflict', message: expect.stringContaining('No other shared index') })
  expect(await drain(world, 'tr-pool-1')).toMatchObject({ moves: [], skipped: [], left: 0 })
})

test('a drain that would not find room for all is refused as a whole', async () => {
  for (const id of ['a', 'b', 'c']) await world.tenant(id, 0)
  await openShard(world, 2, { limit: 2 })
  await expect(drain(world, 'tr-pool-1')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/3 tenant\(s\).*capacity for 2.*indexes add/),
  })
  expect(await countOf(world, 'tr-pool-1')).toMatchObject({ draining: false })
  expect(await world.home.sql`select id from moves`).toEqual([])
})

test('a drain that is called off lets tenants in again and cancels what has not begun', async () => {
  for (const id of ['zoe', 'acme', 'mid']) await world.tenant(id, 3)
  await openShard(world, 2)
  const resume = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  await world.replica(async (point) => {
    if (point !== 'copy: batch claimed') return
    reached.resolve()
    await resume.promise
  })
  const [first, ...others] = (await drain(world, 'tr-pool-1')).moves
  await reached.promise
  const deps = { db: world.home.db, settings }
  expect(await stopDrain(deps, platform, 'tr-pool-1')).toEqual({
    index: 'tr-pool-1',
    cancelled: others.map((move) => move.id),
  })
  await expect(stopDrain(deps, platform, 'tr-pool-1')).rejects.toMatchObject({ code: 'conflict' })
  resume.resolve()
  await world.until(first?.id ?? '', 'soaking')
  for (const { id } of others) await world.until(id, 'cancelled')
  expect(await countOf(world, 'tr-pool-1')).toMatchObject({ used: 3, draining: false })
  const zoe = parseTenantId('zoe')
  await completeMove(world.home, platform, first?.id ?? '')
  await world.until(first?.id ?? '', 'completed')
  const back = await world.until((await start(world, zoe, 'rebalance', 'tr-pool-1')).id, 'soaking')
  expect(back.target).toMatchObject({ index: 'tr-pool-1' })
})

test('a move that has not its turn is queued, and says what it waits for', async () => {
  const [acme, bolt, crux] = [
    await world.tenant('acme', 5),
    await world.tenant('bolt', 5),
    await world.tenant('crux', 5),
  ]
  await openShard(world, 2)
  const resume = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  await world.replica(async (point, move) => {
    if (point !== 'copy: batch claimed' || move.tenantId !== acme) return
    reached.resolve()
    await resume.promise
  })
  const first = await start(world, acme, 'rebalance')
  await reached.promise
  const second = await start(world, bolt, 'promote')
  const third = await start(world, crux, 'promote')
  expect([second.state, second.gate]).toEqual([
    'queued',
    '1 other move(s) work on its index tr-pool-1 or its target, where 1 at once may',
  ])
  expect(third.gate).toContain('1 queued before it')
  const page = await listMoves(world.home, { open: true, limit: 2 })
  expect(page.items.map((move) => move.tenantId)).toEqual(['crux', 'bolt'])
  const rest = await listMoves(world.home, { open: true, limit: 2, cursor: page.nextCursor ?? '' })
  expect(rest.items.map((move) => move.tenantId)).toEqual(['acme'])
  resume.resolve()
  for (const { id } of [first, second, third]) await world.until(id, 'soaking')
})

test('moves that were queued in the same microsecond are listed once each', async () => {
  for (const id of ['acme', 'bolt', 'crux']) await world.promote(await world.tenant(id, 0))
  await world.home.sql`update moves set created_at = now()`
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await listMoves(world.home, { limit: 1, cursor })
    seen.push(...page.items.map((move) => move.tenantId))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  expect(seen.toSorted()).toEqual(['acme', 'bolt', 'crux'])
})

test('moves of different indexes go on side by side, as many as the project may have', async () => {
  const [acme, bolt, crux] = [
    await world.tenant('acme', 5),
    await world.tenant('bolt', 5),
    await world.tenant('crux', 5),
  ]
  const names = [await openShard(world, 2), await openShard(world, 3)]
  const resume = Promise.withResolvers<void>()
  // Seeded where they are: a tenant each in an index of its own neighbours.
  for (const [i, tenant] of [bolt, crux].entries()) {
    const move = await start(world, tenant, 'rebalance', names[i])
    const mover = await world.replica()
    await world.until(move.id, 'soaking')
    await completeMove(world.home, platform, move.id)
    await world.until(move.id, 'completed')
    await mover.stopMover()
  }
  await world.replica(async (point) => {
    if (point === 'copy: batch claimed') await resume.promise
  })
  const moves = [
    await start(world, acme, 'promote'),
    await start(world, bolt, 'promote'),
    await start(world, crux, 'promote'),
  ]
  const [first, second, third] = moves
  if (!first || !second || !third) throw new Error('three were started')
  await world.until(first.id, 'copying')
  await world.until(second.id, 'copying')
  await vi.waitFor(
    async () =>
      expect((await showMove(world.home, third.id)).gate).toBe(
        '2 other move(s) work in its project, where 2 at once may',
      ),
    { timeout: 60_000 },
  )
  resume.resolve()
  for (const { id } of moves) await world.until(id, 'soaking')
})
