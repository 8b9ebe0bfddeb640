import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { connect } from '../../src/db/connect.ts'
import { AppError } from '../../src/errors.ts'
import { Mover } from '../../src/moves/runner/mover.ts'
import { cancelMove } from '../../src/moves/steer-move.ts'
import { contents, MoveWorld, platform, settings } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

test('a cancel that is taken while the fence is shut is carried out, and nothing switches', async () => {
  const acme = await world.tenant('acme', 20)
  let move = ''
  const a = await world.replica(async (point) => {
    if (point === 'fence: tail synced' && move !== '')
      await cancelMove(world.home, platform, move).catch(() => undefined)
  })
  move = (await world.promote(acme)).id
  const ended = await world.until(move, 'cancelled')
  expect(ended).toMatchObject({ switchedAt: null, error: null })
  expect((await world.placeOf(acme)).placement).toMatchObject({ kind: 'pool', generation: 1 })
  await a.write.put(acme, [{ id: 'after', values: [1, 2, 3, 4] }])
  expect((await contents(await world.placeOf(acme))).size).toBe(21)
})

test('a fault that comes after the switch was committed does not give the move up', async () => {
  const acme = await world.tenant('acme', 20)
  let faults = 0
  await world.replica(async (point) => {
    if (point === 'flip: switched' && faults++ === 0) throw new AppError('conflict', 'too late to matter')
  })
  const { id } = await world.promote(acme)
  const move = await world.until(id, 'soaking')
  expect(faults).toBe(1)
  expect(move.error).toBeNull()
  expect((await world.placeOf(acme)).placement).toMatchObject({ kind: 'silo', generation: 2 })
})

test('a mover whose clock is ten minutes ahead switches all the same', async () => {
  const acme = await world.tenant('acme', 20)
  const database = world.stack.use(connect({ url: world.home.url, max: 4 }))
  const clock = { ...systemClock, epochMs: () => Date.now() + 600_000 }
  const deps = { stores: world.store, settings, clock, log: pino({ level: 'silent' }) }
  const mover = world.stack.use(new Mover(database, deps, { leaseMs: 5_000, maxMoves: 2, pollMs: 100 }))
  const { id } = await world.promote(acme)
  await mover.start()
  expect((await world.until(id, 'soaking')).target).toMatchObject({ kind: 'silo' })
})
