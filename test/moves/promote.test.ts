import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import { showMove } from '../../src/moves/show-move.ts'
import { cancelMove, completeMove, pauseMove, resumeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import type { MovePoint } from '../../src/moves/sync/step.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import { contents, MoveWorld, platform, type Replica, settings } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

/** Writes one record the way the verbs do. */
async function write({ write: by }: Replica, tenantId: TenantId, id: string): Promise<'written' | 'held'> {
  try {
    await by.put(tenantId, [{ id, values: [1, 2, 3, 4] }])
    return 'written'
  } catch (error) {
    if (isAppError(error, 'writes_held')) return 'held'
    throw error
  }
}

test('a tenant is promoted while every read finds its records and no other tenant changes', async () => {
  const acme = await world.tenant('acme', 1250)
  const other = await world.tenant('other', 30)
  const before = await contents(await world.placeOf(acme))
  const [a, b] = [await world.replica(), await world.replica()]
  let reads = 0
  let done = false
  const reading = (async () => {
    while (!done) {
      for (const { routes, store } of [a, b]) {
        const { routing } = await routes.find(acme)
        const { matches } = await store.open(routing.active).query({ vector: [1, 0, 0, 1], topK: 5 })
        expect(matches).toHaveLength(5)
        reads += 1
      }
    }
  })()
  const { id } = await world.promote(acme)
  const move = await world.until(id, 'soaking')
  done = true
  await reading
  expect(reads).toBeGreaterThan(5)
  expect(move).toMatchObject({
    kind: 'promote',
    progress: { copied: 1250, total: 1250, percent: 100 },
    source: { kind: 'pool', generation: 1 },
    target: { kind: 'silo', generation: 2 },
    verification: { sourceRecords: 1250, targetRecords: 1250, equal: 1250, repaired: 0 },
  })
  expect(move.writePauseMs).toBeGreaterThan(0)
  const active = await world.placeOf(acme)
  expect(active.placement).toMatchObject({ kind: 'silo', generation: 2, namespace: 'tenant_acme_g2' })
  expect(await contents(active)).toEqual(before)
  expect((await contents(await world.placeOf(acme, 1))).size).toBe(1250)
  expect((await contents(await world.placeOf(other))).size).toBe(30)

  await completeMove(world.home, platform, id)
  await world.until(id, 'completed')
  expect(await (await world.placeOf(acme, 1)).describeNamespace()).toBeUndefined()
  expect(await contents(await world.placeOf(acme))).toEqual(before)
  expect(
    await world.home
      .sql`select places.state, namespaces_used from places join indexes on indexes.id = index_id where generation = 1 and places.tenant_id = 'acme'`,
  ).toEqual([{ state: 'purged', namespaces_used: 1 }])
})

test('writes go on during the copy, are carried over, and open on the new place after the switch', async () => {
  const acme = await world.tenant('acme', 20)
  const resume = Promise.withResolvers<void>()
  const hook = async (point: MovePoint) => {
    if (point === 'copy: batch claimed') await resume.promise
  }
  const [a, b] = [await world.replica(hook), await world.replica(hook)]
  expect(await write(a, acme, 'before')).toBe('written')
  const { id } = await world.promote(acme)
  await world.until(id, 'copying')
  for (const [i, replica] of [a, b].entries()) expect(await write(replica, acme, `during-${i}`)).toBe('written')
  await a.write.delete(acme, ['r000003'])
  await b.write.put(acme, [{ id: 'r000004', values: [9, 9, 9, 9] }])
  resume.resolve()
  await world.until(id, 'soaking')
  expect(await write(b, acme, 'after')).toBe('written')
  const now = await contents(await world.placeOf(acme))
  expect(['before', 'during-0', 'during-1', 'after', 'r000003'].map((one) => now.has(one))).toEqual([
    true,
    true,
    true,
    true,
    false,
  ])
  expect(now.get('r000004')?.values).toEqual([9, 9, 9, 9])
  expect(now.size).toBe(23)
})

test('while the move switches, a write waits and is then done on the new place', async () => {
  const acme = await world.tenant('acme', 5)
  const fenced = Promise.withResolvers<void>()
  const resume = Promise.withResolvers<void>()
  const a = await world.replica(async (point) => {
    if (point !== 'fence: entered') return
    fenced.resolve()
    await resume.promise
  })
  const { id } = await world.promote(acme)
  await fenced.promise
  await a.routes.catchUp()
  const writing = a.write.put(acme, [{ id: 'held', values: [1, 2, 3, 4] }])
  resume.resolve()
  await writing
  const move = await world.until(id, 'soaking')
  expect(move.writePauseMs).toBeGreaterThan(0)
  expect((await contents(await world.placeOf(acme))).has('held')).toBe(true)
})

test('a fence that stays open too long is opened again, and the move tries once more', async () => {
  const acme = await world.tenant('acme', 5)
  let holds = 1
  const a = await world.replica(
    async (point) => {
      if (point === 'fence: tail synced' && holds-- > 0) await new Promise((resolve) => setTimeout(resolve, 3_200))
    },
    // Enough for the next fence on a machine that is much slower than usual.
    { settings: { fenceBudgetMs: 3_000 } },
  )
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  expect(holds).toBeLessThan(1)
  // On a slow machine the next fence may be too short as well.
  const [row] = await world.home.sql`select fence_tries from moves`
  expect(row?.fence_tries).toBeGreaterThanOrEqual(1)
  expect(await write(a, acme, 'after')).toBe('written')
})

test('nothing is copied while a write that began before the move is still under way on another replica', async () => {
  const acme = await world.tenant('acme', 5)
  const [, b] = [await world.replica(), await world.replica()]
  const permit = await b.routes.beginWrite(acme)
  const { id } = await world.promote(acme)
  await vi.waitFor(async () => expect((await showMove(world.home, id)).gate).toContain('1 replica(s) still use'), {
    timeout: 60_000,
  })
  await b.store.open(permit.placement).upsert([{ id: 'late', values: [1, 2, 3, 4] }])
  permit.end('settled')
  await world.until(id, 'soaking')
  expect((await contents(await world.placeOf(acme))).has('late')).toBe(true)
})

test('a write without an answer that lands after the barrier is waited for and moved too', async () => {
  const acme = await world.tenant('acme', 5)
  const [, b] = [await world.replica(), await world.replica()]
  const permit = await b.routes.beginWrite(acme)
  const { id } = await world.promote(acme)
  await vi.waitFor(async () => expect((await showMove(world.home, id)).gate).toContain('still use'), {
    timeout: 60_000,
  })
  permit.end('in_doubt')
  await vi.waitFor(async () => expect((await showMove(world.home, id)).gate).toContain('may still land'), {
    timeout: 60_000,
  })
  await b.store.open(permit.placement).upsert([{ id: 'late', values: [1, 2, 3, 4] }])
  await world.until(id, 'soaking')
  expect((await contents(await world.placeOf(acme))).has('late')).toBe(true)
})

test('an answered write that the store does not show yet is waited for before the copy', async () => {
  const acme = await world.tenant('acme', 5)
  const [a] = [await world.replica()]
  world.local.local.setFaults({ lagMs: 700 })
  expect(await write(a, acme, 'unseen')).toBe('written')
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  expect((await contents(await world.placeOf(acme))).has('unseen')).toBe(true)
})

test('before the switch a move can be cancelled, which drops the target and opens the writes', async () => {
  const acme = await world.tenant('acme', 20)
  const resume = Promise.withResolvers<void>()
  const a = await world.replica(async (point) => {
    if (point === 'copy: batch written') await resume.promise
  })
  const { id, target } = await world.promote(acme)
  expect(target).toMatchObject({ kind: 'silo', generation: 2 })
  const copying = await world.until(id, 'copying')
  await expect(rollbackMove(world.home, platform, id)).rejects.toMatchObject({ code: 'conflict' })
  await cancelMove(world.home, platform, id)
  resume.resolve()
  await world.until(id, 'cancelled')
  expect(await world.store.describeIndex('default', copying.target?.index ?? '')).toBeUndefined()
  await vi.waitFor(async () => expect(await write(a, acme, 'after')).toBe('written'), { timeout: 60_000 })
  expect((await contents(await world.placeOf(acme))).size).toBe(21)
  // A further promote takes a new generation and a new index name.
  const again = await world.until((await world.promote(acme)).id, 'soaking')
  expect(again.target?.generation).toBe(3)
  expect(again.target?.index).not.toBe(copying.target?.index)
})

test('after the switch a move is rolled back with everything that was written since', async () => {
  const acme = await world.tenant('acme', 20)
  const a = await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await expect(cancelMove(world.home, platform, id)).rejects.toMatchObject({ code: 'conflict' })
  expect(await write(a, acme, 'in-soak')).toBe('written')
  await a.write.delete(acme, ['r000001'])
  await rollbackMove(world.home, platform, id)
  const back = await world.until(id, 'rolled_back')
  expect((await world.placeOf(acme)).placement).toMatchObject({ kind: 'pool', generation: 1 })
  expect(await world.store.describeIndex('default', back.target?.index ?? '')).toBeUndefined()
  expect(await write(a, acme, 'after')).toBe('written')
  const now = await contents(await world.placeOf(acme))
  expect([now.size, now.has('in-soak'), now.has('after'), now.has('r000001')]).toEqual([21, true, true, false])
})

test('a paused move leaves the app writing and goes on where it was', async () => {
  const acme = await world.tenant('acme', 1100)
  const paused = Promise.withResolvers<void>()
  const seen = Promise.withResolvers<void>()
  const a = await world.replica(async (point) => {
    if (point !== 'copy: batch recorded') return
    seen.resolve()
    await paused.promise
  })
  const { id } = await world.promote(acme)
  await seen.promise
  expect((await pauseMove(world.home, platform, id)).state).toBe('paused')
  paused.resolve()
  expect(await write(a, acme, 'while-paused')).toBe('written')
  expect((await showMove(world.home, id)).state).toBe('paused')
  await resumeMove(world.home, platform, id)
  await world.until(id, 'soaking')
  const now = await contents(await world.placeOf(acme))
  expect([now.size, now.has('while-paused')]).toEqual([1101, true])
})

test('a target that differs is repaired once and counted, and what only it has is deleted when a person says so', async () => {
  const acme = await world.tenant('acme', 20)
  await world.replica(async (point) => {
    if (point !== 'copy: batch recorded') return
    const target = await world.placeOf(acme, 2)
    await target.upsert([{ id: 'r000003', values: [9, 9, 9, 9] }])
    await target.upsert([{ id: 'stray', values: [9, 9, 9, 9] }])
    await target.deleteIds(['r000007'])
  })
  const { id } = await world.promote(acme)
  const stopped = await world.until(id, 'paused')
  expect(stopped.waitsFor).toMatchObject({ kind: 'needs_person', count: 1 })
  await resumeMove(world.home, platform, id, 1)
  const move = await world.until(id, 'soaking')
  expect(move.verification).toMatchObject({ equal: 20, repaired: 3, targetRecords: 20 })
  expect((await contents(await world.placeOf(acme))).get('r000003')?.values).toEqual(
    (await contents(await world.placeOf(acme, 1))).get('r000003')?.values,
  )
})

test('a move is refused before it starts when the project has no index left, and when one is open', async () => {
  const acme = await world.tenant('acme', 1)
  const { startMove } = await import('../../src/moves/start-move.ts')
  const full = {
    db: world.home.db,
    settings: { ...settings, projectIndexLimit: 1 },
  }
  await expect(startMove(full, platform, { tenantId: acme, kind: 'promote' })).rejects.toMatchObject({
    code: 'index_limit_reached',
  })
  expect(await world.home.sql`select id from moves`).toEqual([])
  const { id } = await world.promote(acme)
  await expect(world.promote(acme)).rejects.toMatchObject({
    code: 'move_in_progress',
    message: expect.stringContaining(id),
  })
})

test("the store's own index limit ends the move as failed and leaves the tenant as it was", async () => {
  const acme = await world.tenant('acme', 10)
  const a = await world.replica()
  world.local.local.setFaults({ indexLimit: 1 })
  const { id } = await world.promote(acme)
  const move = await world.until(id, 'failed')
  expect(move.error).toContain('index_limit_reached')
  expect(await world.home.sql`select state from indexes where kind = 'silo'`).toEqual([{ state: 'deleted' }])
  expect(await world.home.sql`select phase from routing`).toEqual([{ phase: 'steady' }])
  expect(await write(a, acme, 'after')).toBe('written')
})

test('the history of a move tells its states in order, each hash covering the one before', async () => {
  const acme = await world.tenant('acme', 3)
  await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  const events = await world.home.sql<
    { state: string; hash: string }[]
  >`select state, hash from move_events order by id`
  expect(events.map((one) => one.state)).toEqual([
    'queued',
    'preparing',
    'arming',
    'copying',
    'verifying',
    'fencing',
    'switching',
    'soaking',
  ])
  expect(new Set(events.map((one) => one.hash)).size).toBe(events.length)
})

test('a tenant without any record is promoted too', async () => {
  const acme = await world.tenant('acme', 0)
  await world.replica()
  const move = await world.until((await world.promote(acme)).id, 'soaking')
  expect(move.verification).toMatchObject({ sourceRecords: 0, targetRecords: 0 })
})
