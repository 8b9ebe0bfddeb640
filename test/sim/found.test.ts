import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { SimWorld } from './sim-world.ts'

/** What the simulation has found, each as a history of its own. */
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

test('while a late write may still reach a record in SOAK, the mover waits and does not ask without a pause (seed 6020)', async () => {
  await using world = await SimWorld.open(database.url)
  await world.replica('a')
  const b = await world.replica('b', { mover: false })
  await world.promote()
  await world.until('soaking')
  let carried = 0
  world.store.fate = (label) => (label.startsWith('a.mover: upsert g1') && carried++ === 0 ? 'late' : 'done')
  const late = world.schedule.hold(/^network: a\.mover: upsert g1 .*late/)
  await world.run(b.put('r1', 1))
  await world.schedule.until(() => late.reached)
  const before = world.schedule.trace.length
  await world.schedule.pass(3_000)
  expect(world.schedule.trace.length - before).toBeLessThan(400)
  late.release()
  await world.check()
  expect((await world.contents(1)).r1).toBe(1)
})

test('a mover that stood still after its claim does not take the token of the next one for its own (seed 1710)', async () => {
  await using world = await SimWorld.open(database.url)
  await world.replica('a')
  const read = world.schedule.hold(/^a\.mover: sql select "id", "tenant_id"/)
  await world.promote()
  await world.schedule.until(() => read.reached)
  await world.replica('b')
  const reserved = world.schedule.hold('b.mover: at prepare: target reserved')
  await world.schedule.until(() => reserved.reached)
  read.release()
  // It would say so now: two movers would change the move (I9).
  await world.schedule.pass(1_000)
  expect(world.schedule.trace.filter((label) => / a\.mover: (tx|at|create)/.test(label))).toEqual([])
  reserved.release()
  await world.until('soaking')
  await world.check()
})
