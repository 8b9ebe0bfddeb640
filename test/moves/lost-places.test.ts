import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type MoveView, showMove } from '../../src/moves/show-move.ts'
import { completeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import type { VectorStore } from '../../src/stores/store.ts'
import { contents, MoveWorld, platform } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

async function untilStopped(id: string): Promise<MoveView> {
  return vi.waitFor(
    async () => {
      const move = await showMove(world.home, id)
      expect(move).toMatchObject({ state: 'soaking', waitsFor: { kind: 'needs_person' } })
      return move
    },
    { timeout: 60_000, interval: 50 },
  )
}

async function loseIndex(name: string): Promise<void> {
  await world.store.deleteIndex('default', name)
  const isGone = async () => expect(await world.store.describeIndex('default', name)).toBeUndefined()
  await vi.waitFor(isGone, { timeout: 60_000 })
}

/** Makes a copy dirty as the mover does when a late write may have reached it. */
async function dirtied(moveId: string, recordId: string): Promise<void> {
  await world.home.sql`
    insert into dirty (move_id, record_id, seq, state, is_put, trust_store, lsn, intent_at, done_at, deadline)
    values (${moveId}, ${recordId}, nextval('write_seq'), 'done', true, true, 0, now(), now(), now())`
}

test('a rollback stops for a person when the new place is gone with acknowledged writes that only it had', async () => {
  const acme = await world.tenant('acme', 50)
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isHeld = false
  const a = await world.replica(async (point) => {
    if (!isHeld || point !== 'sync: carried over') return
    reached.resolve()
    await goOn.promise
  })
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  isHeld = true
  // Someone writes, so that there are rounds; from this one on none is under way.
  await a.write.put(acme, [{ id: 'carried', values: [1, 2, 3, 4] }])
  await reached.promise
  world.local.local.setFaults({ lagMs: 200 })
  await a.write.put(
    acme,
    ['one', 'two', 'three'].map((name) => ({ id: name, values: [1, 2, 3, 4] })),
  )
  const { unsynced } = (await showMove(world.home, id)).dirty
  expect(unsynced).toBeGreaterThanOrEqual(3)
  const { indexName } = (await world.placeOf(acme)).placement
  await loseIndex(indexName)
  await rollbackMove(world.home, platform, id)
  goOn.resolve()
  const stopped = await untilStopped(id)
  expect(stopped.waitsFor?.count).toBe(unsynced)
  expect(stopped.gate).toContain(`${unsynced} write(s) that the old one lacks`)
  expect((await world.placeOf(acme)).placement.generation).toBe(2)
  await rollbackMove(world.home, platform, id, unsynced)
  await world.until(id, 'rolled_back')
  expect((await world.placeOf(acme)).placement.generation).toBe(1)
  const now = await contents(await world.placeOf(acme))
  expect([now.size >= 50, now.has('one')]).toEqual([true, false])
})

test("when the old place's index is gone there is no way back, writes go on, and complete ends the move", async () => {
  const acme = await world.tenant('acme', 50)
  const a = await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await loseIndex('tr-pool-1')
  await a.write.put(acme, [{ id: 'after', values: [1, 2, 3, 4] }])
  expect((await untilStopped(id)).gate).toContain('The old place is gone')
  await rollbackMove(world.home, platform, id)
  expect((await untilStopped(id)).state).toBe('soaking')
  expect((await world.placeOf(acme)).placement.generation).toBe(2)
  await completeMove(world.home, platform, id)
  await world.until(id, 'completed')
  const now = await contents(await world.placeOf(acme))
  expect([now.size, now.has('after')]).toEqual([51, true])
})

test("a rollback whose old place's index is gone stops for a person, who is offered no loss that could not be mended", async () => {
  const acme = await world.tenant('acme', 50)
  await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await loseIndex('tr-pool-1')
  await rollbackMove(world.home, platform, id)
  const stopped = await untilStopped(id)
  expect(stopped.gate).toContain('The old place is gone, so there is no way back')
  expect(verbsOf(stopped)).toEqual(['rollback', 'complete', 'rollback'])
  await completeMove(world.home, platform, id)
  await world.until(id, 'completed')
  expect((await contents(await world.placeOf(acme))).size).toBe(50)
})

test('a rollback that an index refuses, whatever it shows, is not tried for ever: it soaks on, with the reason and the verbs', async () => {
  const acme = await world.tenant('acme', 50)
  const a = await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  world.local.local.setFaults({ rules: [{ fault: 'error', status: 404, on: 'upsert', index: 'tr-pool-1' }] })
  await a.write.put(acme, [{ id: 'after', values: [1, 2, 3, 4] }])
  await rollbackMove(world.home, platform, id)
  const stopped = await untilStopped(id)
  expect(stopped.gate).toContain("The rollback can't go on: The vector store has no such index. (not_found)")
  expect(verbsOf(stopped)).toEqual(['rollback', 'complete', 'rollback'])
  expect(stopped.requested).toBeNull()
  // Writes are not held meanwhile, and the way back is open when the cause is gone.
  await a.write.put(acme, [{ id: 'later', values: [1, 2, 3, 4] }])
  world.local.local.setFaults({ rules: [] })
  await rollbackMove(world.home, platform, id)
  await world.until(id, 'rolled_back')
  const now = await contents(await world.placeOf(acme))
  expect([now.size, now.has('after'), now.has('later')]).toEqual([52, true, true])
})

/** The verbs of a move that it offers, in their order. */
function verbsOf({ nextSteps }: MoveView): readonly (string | undefined)[] {
  return nextSteps.map(({ command }) => command.split(' ')[2])
}

test('a record that leaves no room for a stamp is copied, carried over and back without one', async () => {
  const acme = await world.tenant('acme', 5)
  const room = 40_960 - JSON.stringify({ text: '' }).length
  const big = { id: 'big', values: [1, 2, 3, 4], metadata: { text: 'x'.repeat(room) } }
  // As it was stored before the router came: the app's own limit is lower.
  await (await world.placeOf(acme)).upsert([big])
  const copying = Promise.withResolvers<void>()
  await world.replica(async (point) => {
    if (point === 'copy: batch claimed') await copying.promise
  })
  world.local.local.setFaults({ lagMs: 200 })
  const { id } = await world.promote(acme)
  await world.until(id, 'copying')
  copying.resolve()
  await world.until(id, 'soaking')
  await dirtied(id, 'big')
  const rows = () =>
    world.home.sql`select synced_seq = seq as is_synced, synced_stamped from dirty where record_id = 'big'`
  const isDone = async () => expect(await rows()).toEqual([{ is_synced: true, synced_stamped: false }])
  await vi.waitFor(isDone, { timeout: 60_000 })
  await rollbackMove(world.home, platform, id)
  await world.until(id, 'rolled_back')
  expect((await contents(await world.placeOf(acme))).get('big')).toEqual(big)
})

/** A mover's store whose reads of one record in the place of a generation wait, before they are sent. */
function beforeReads(id: string, generation: number, waits: () => Promise<void>) {
  return (inner: VectorStore): VectorStore =>
    instead(inner, 'open', (placement) => {
      const place = inner.open(placement)
      if (placement.generation !== generation) return place
      return instead(place, 'fetch', async (ids, options) => {
        if (ids.includes(id)) await waits()
        return place.fetch(ids, options)
      })
    })
}

/** An object with one method of another kind. */
function instead<T extends object, K extends keyof T>(inner: T, name: K, method: T[K]): T {
  return new Proxy(inner, {
    get: (target, key) => {
      if (key === name) return method
      const value = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('an app that deletes a record while the mover is about to look at it stops no move', async () => {
  const acme = await world.tenant('acme', 50)
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isHeld = false
  const stores = beforeReads('r000001', 2, async () => {
    if (!isHeld) return
    reached.resolve()
    await goOn.promise
  })
  const a = await world.replica(undefined, { stores })
  world.local.local.setFaults({ lagMs: 200 })
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  isHeld = true
  await dirtied(id, 'r000001')
  await a.write.put(acme, [{ id: 'wakes the mover', values: [1, 2, 3, 4] }])
  await reached.promise
  await a.write.delete(acme, ['r000001'])
  const place = await world.placeOf(acme)
  const isGone = async () => expect((await place.fetch(['r000001'])).records.size).toBe(0)
  await vi.waitFor(isGone, { timeout: 60_000 })
  goOn.resolve()
  const isCarried = async () =>
    expect(await world.home.sql`select synced_seq = seq as is_synced from dirty where record_id = 'r000001'`).toEqual([
      { is_synced: true },
    ])
  await vi.waitFor(isCarried, { timeout: 60_000 })
  expect(await world.home.sql`select stopped from moves`).toEqual([{ stopped: null }])
  await rollbackMove(world.home, platform, id)
  await world.until(id, 'rolled_back')
  const now = await contents(await world.placeOf(acme))
  expect([now.size, now.has('r000001'), now.has('wakes the mover')]).toEqual([50, false, true])
})
