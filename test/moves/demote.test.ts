import { afterEach, beforeEach, expect, test } from 'vitest'
import { showMove } from '../../src/moves/show-move.ts'
import { cancelMove, completeMove, pauseMove, resumeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import { contents, MoveWorld, platform } from '../support/move-world.ts'
import { countOf, openShard, start } from './shards.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

/** A tenant with an index of its own, its promotion complete. */
async function inSilo(id: string, records: number): Promise<TenantId> {
  const tenantId = await world.tenant(id, records)
  const move = await start(world, tenantId, 'promote')
  await world.until(move.id, 'soaking')
  await completeMove(world.home, platform, move.id)
  await world.until(move.id, 'completed')
  return tenantId
}

test('a tenant is demoted into the fullest shared index with room while its app writes, and its own index is deleted', async () => {
  const replica = await world.replica()
  const acme = await inSilo('acme', 700)
  await openShard(world, 2, { fill: 7 })
  await openShard(world, 3, { limit: 9, fill: 9 })
  const silo = (await world.placeOf(acme)).placement
  const expected = new Map((await contents(await world.placeOf(acme))).entries())
  let done = false
  let writes = 0
  const writing = (async () => {
    for (let n = 0; !done; n += 1) {
      const record = { id: `w${n % 40}`, values: [1, n, 2, 3], metadata: { n } }
      await replica.write.put(acme, [record])
      expected.set(record.id, record)
      if (n % 5 === 4) {
        await replica.write.delete(acme, [`r${String(n).padStart(6, '0')}`])
        expected.delete(`r${String(n).padStart(6, '0')}`)
      }
      writes += 1
    }
  })()
  const { id } = await start(world, acme, 'demote')
  const move = await world.until(id, 'soaking')
  done = true
  await writing
  expect(move).toMatchObject({ source: { kind: 'silo' }, target: { kind: 'pool', index: 'tr-pool-2', generation: 3 } })
  expect(writes).toBeGreaterThan(5)
  const now = await contents(await world.placeOf(acme))
  expect([...now.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [key, record] of expected) expect([key, now.get(key)?.metadata]).toEqual([key, record.metadata])
  await completeMove(world.home, platform, id)
  await world.until(id, 'completed')
  expect(await world.store.describeIndex('default', silo.indexName)).toBeUndefined()
  expect(await countOf(world, silo.indexName)).toMatchObject({ state: 'deleted', used: 0 })
  expect(await countOf(world, 'tr-pool-2')).toMatchObject({ used: 8 })
})

test('a shared index that the store says is full is marked so, and the next one is taken', async () => {
  await world.replica()
  const acme = await inSilo('acme', 20)
  await openShard(world, 2, { fill: 5 })
  world.local.local.setFaults({ namespaceLimits: { 'tr-pool-2': 0 } })
  const { id } = await start(world, acme, 'demote')
  const move = await world.until(id, 'soaking')
  expect(move.target).toMatchObject({ index: 'tr-pool-1', generation: 4 })
  expect(await countOf(world, 'tr-pool-2')).toMatchObject({ full: true })
  const swept = await world.home.sql`
    select p.generation, p.state, c.armed, c.move_id from cleanups c join places p on p.id = c.place_id where p.index_name = 'tr-pool-2'`
  expect(swept).toEqual([{ generation: 3, state: 'retiring', armed: true, move_id: null }])
})

test('a demote is refused with the way out when no shared index has room, and nothing is queued', async () => {
  await world.replica()
  const acme = await inSilo('acme', 5)
  await world.home.sql`update indexes set is_full = true where kind = 'pool'`
  await openShard(world, 2, { region: 'eu-west-1' })
  await expect(start(world, acme, 'demote')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('indexes add'),
  })
  expect(await world.home.sql`select id from moves where ended_at is null`).toEqual([])
})

test('a promote of a tenant with its own index and a demote of a pooled one are refused', async () => {
  await world.replica()
  const acme = await inSilo('acme', 5)
  const bolt = await world.tenant('bolt', 5)
  await expect(start(world, acme, 'promote')).rejects.toMatchObject({ code: 'conflict' })
  await expect(start(world, bolt, 'demote')).rejects.toMatchObject({ code: 'conflict' })
  await expect(start(world, acme, 'rebalance')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('demote it instead'),
  })
})

test('a demote can be paused and resumed, cancelled before its switch, and rolled back after it', async () => {
  const first = await world.replica()
  const acme = await inSilo('acme', 30)
  await first.stopMover()
  const silo = (await world.placeOf(acme)).placement.indexName
  const resume = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const replica = await world.replica(async (point) => {
    if (point !== 'copy: batch recorded') return
    reached.resolve()
    await resume.promise
  })
  const { id } = await start(world, acme, 'demote')
  await reached.promise
  expect((await pauseMove(world.home, platform, id)).state).toBe('paused')
  resume.resolve()
  await resumeMove(world.home, platform, id)
  await world.until(id, 'soaking')
  await replica.write.put(acme, [{ id: 'in-soak', values: [1, 2, 3, 4] }])
  await rollbackMove(world.home, platform, id)
  await world.until(id, 'rolled_back')
  expect((await world.placeOf(acme)).placement).toMatchObject({ kind: 'silo', indexName: silo })
  expect((await contents(await world.placeOf(acme))).size).toBe(31)
  expect(await countOf(world, 'tr-pool-1')).toMatchObject({ used: 0 })

  await replica.stopMover()
  const queued = await start(world, acme, 'demote')
  await cancelMove(world.home, platform, queued.id)
  await world.replica()
  await world.until(queued.id, 'cancelled')
  expect((await showMove(world.home, queued.id)).target).toBeNull()
})
