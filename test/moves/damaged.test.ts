import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type MoveView, showMove } from '../../src/moves/show-move.ts'
import { completeMove, resumeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import type { MovePoint } from '../../src/moves/sync/step.ts'
import { compare } from '../../src/moves/verify/compare.ts'
import type { PassProgress } from '../../src/moves/verify/comparison.ts'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import { contents, MoveWorld, platform } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

/** Holds the first mover that comes to a point. */
function holdAt(wanted: MovePoint) {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const hook = async (point: MovePoint) => {
    if (point !== wanted) return
    reached.resolve()
    await released.promise
  }
  return { hook, reached: reached.promise, release: () => released.resolve() }
}

/** Waits until a move stands for a person. */
async function untilStopped(id: string, state: MoveView['state']): Promise<MoveView> {
  return vi.waitFor(
    async () => {
      const move = await showMove(world.home, id)
      expect(move).toMatchObject({ state, waitsFor: { kind: 'needs_person' } })
      return move
    },
    { timeout: 60_000, interval: 50 },
  )
}

async function count(tenantId: TenantId, generation?: number): Promise<number> {
  return (await contents(await world.placeOf(tenantId, generation))).size
}

async function lose(tenantId: TenantId, records: number, generation?: number): Promise<void> {
  const place = await world.placeOf(tenantId, generation)
  const ids = [...(await contents(place)).keys()].slice(0, records)
  await place.deleteIds(ids)
  await vi.waitFor(async () => expect((await contents(place)).has(ids[0] ?? '')).toBe(false), { timeout: 60_000 })
}

test('a copy is not repaired down to what a damaged source shows: a person says how many records may be lost', async () => {
  const acme = await world.tenant('acme', 500)
  const held = holdAt('copy: batch recorded')
  await world.replica(held.hook)
  const { id } = await world.promote(acme)
  await held.reached
  await lose(acme, 499)
  held.release()
  const stopped = await untilStopped(id, 'paused')
  expect(stopped.waitsFor).toMatchObject({ count: 499 })
  expect(stopped.gate).toContain('499 that nobody deleted are gone from the source')
  expect(stopped.nextSteps[1]?.command).toBe(`tenant-router moves resume ${id} --accept-loss 499`)
  expect(await count(acme, 2)).toBe(500)
  await resumeMove(world.home, platform, id)
  await untilStopped(id, 'paused')
  expect(await count(acme, 2)).toBe(500)
  await resumeMove(world.home, platform, id, 499)
  await world.until(id, 'soaking')
  expect(await count(acme)).toBe(1)
})

test('a rollback to a place that somebody emptied is stopped, and the only good copy stays', async () => {
  const acme = await world.tenant('acme', 500)
  await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await (await world.placeOf(acme, 1)).deleteNamespace()
  await rollbackMove(world.home, platform, id)
  const stopped = await untilStopped(id, 'soaking')
  expect(stopped.waitsFor).toMatchObject({ count: 500 })
  expect((await world.placeOf(acme)).placement.generation).toBe(2)
  expect(await count(acme)).toBe(500)
  await completeMove(world.home, platform, id)
  await world.until(id, 'completed')
  expect(await count(acme)).toBe(500)
})

test('a rollback with an accepted loss still puts back all that the place in use has', async () => {
  const acme = await world.tenant('acme', 1_500)
  await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await lose(acme, 700, 1)
  await lose(acme, 600, 1)
  await rollbackMove(world.home, platform, id)
  expect((await untilStopped(id, 'soaking')).waitsFor).toMatchObject({ count: 1_300 })
  await rollbackMove(world.home, platform, id, 1_300)
  await world.until(id, 'rolled_back')
  expect(await count(acme)).toBe(1_500)
})

test('when the new index is gone a rollback goes back to the old place with all that was carried back', async () => {
  const acme = await world.tenant('acme', 500)
  const a = await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await a.write.put(acme, [{ id: 'carried', values: [1, 2, 3, 4] }])
  await vi.waitFor(async () => expect((await showMove(world.home, id)).dirty.unsynced).toBe(0), { timeout: 60_000 })
  const { indexName } = (await world.placeOf(acme)).placement
  await world.store.deleteIndex('default', indexName)
  await vi.waitFor(async () => expect(await world.store.describeIndex('default', indexName)).toBeUndefined(), {
    timeout: 60_000,
  })
  await expect(a.write.put(acme, [{ id: 'refused', values: [1, 2, 3, 4] }])).rejects.toThrow()
  await rollbackMove(world.home, platform, id)
  await world.until(id, 'rolled_back')
  expect((await world.placeOf(acme)).placement.generation).toBe(1)
  const now = await contents(await world.placeOf(acme))
  expect([now.size, now.has('carried')]).toEqual([501, true])
})

test('a new place that lost records is not all that is left: complete is stopped, and the way back is whole', async () => {
  const acme = await world.tenant('acme', 500)
  await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await lose(acme, 400)
  await completeMove(world.home, platform, id)
  const stopped = await untilStopped(id, 'soaking')
  expect(stopped.waitsFor).toMatchObject({ count: 400 })
  expect(await count(acme, 1)).toBe(500)
  await rollbackMove(world.home, platform, id)
  await world.until(id, 'rolled_back')
  expect(await count(acme)).toBe(500)
})

test('the old place is not purged when the new one is emptied after the log has ended', async () => {
  const acme = await world.tenant('acme', 500)
  const held = holdAt('complete: begun')
  await world.replica(held.hook)
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  await completeMove(world.home, platform, id)
  await held.reached
  await lose(acme, 500)
  held.release()
  await untilStopped(id, 'completing')
  expect(await count(acme, 1)).toBe(500)
  await completeMove(world.home, platform, id, 500)
  await world.until(id, 'completed')
})

test('a copy goes on when the store no longer knows its cursor', async () => {
  const acme = await world.tenant('acme', 1_250)
  const held = holdAt('copy: batch recorded')
  const a = await world.replica(held.hook)
  const { id } = await world.promote(acme)
  await held.reached
  await a.killMover()
  await world.home.sql`update moves set cursor = 'expired' where id = ${id} and cursor is not null`
  expect(await world.home.sql`select cursor, copied_to is not null as known from moves where id = ${id}`).toEqual([
    { cursor: 'expired', known: true },
  ])
  await world.replica()
  const move = await world.until(id, 'soaking')
  expect(move.progress).toMatchObject({ copied: 1_250, total: 1_250 })
  expect(await count(acme)).toBe(1_250)
})

test('a comparison that another mover goes on with says what one in a single run says', async () => {
  const acme = await world.tenant('acme', 2_300)
  const place = await world.placeOf(acme)
  const { signal } = new AbortController()
  const marks: PassProgress[] = []
  const rangeSize = 700
  const whole = await compare(place, place, { signal, rangeSize, onProgress: async (mark) => void marks.push(mark) })
  expect(whole).toMatchObject({ sourceRecords: 2_300, targetRecords: 2_300, equal: 2_300 })
  expect(marks.map((mark) => mark.equal)).toEqual([1_000, 2_000])
  for (const mark of marks) {
    const kept: PassProgress = JSON.parse(JSON.stringify(mark))
    expect(await compare(place, place, { signal, rangeSize, begun: kept })).toEqual(whole)
    const lost = { ...kept, sourceCursor: 'expired', targetCursor: 'expired' }
    expect(await compare(place, place, { signal, rangeSize, begun: lost })).toEqual(whole)
  }
})
