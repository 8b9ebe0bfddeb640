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
