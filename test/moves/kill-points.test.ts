import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cancelMove, completeMove, rollbackMove } from '../../src/moves/steer-move.ts'
import { type MovePoint, movePoints } from '../../src/moves/sync/step.ts'
import { contents, MoveWorld, platform, vectorOf } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const forward = movePoints.filter((point) => !/^(cancel|rollBack|end)/.test(point))

test.each(forward)(
  'a mover that dies at "%s" is replaced and the move ends with every record in one place',
  async (point) => {
    const acme = await world.tenant('acme', 620)
    const before = await contents(await world.placeOf(acme))
    const { died } = await world.mortal(point)
    const { id } = await world.promote(acme)
    if (point.startsWith('complete')) {
      await world.until(id, 'soaking')
      await completeMove(world.home, platform, id)
    }
    await died
    await world.replica()
    if (!point.startsWith('complete')) {
      await world.until(id, 'soaking')
      await completeMove(world.home, platform, id)
    }
    await world.until(id, 'completed')
    expect(await contents(await world.placeOf(acme))).toEqual(before)
    expect(await (await world.placeOf(acme, 1)).describeNamespace()).toBeUndefined()
    expect((await world.store.listIndexes('default')).map((index) => index.name)).toHaveLength(2)
    expect(await world.home.sql`select phase, move_id from routing`).toEqual([{ phase: 'steady', move_id: null }])
    expect(await world.home.sql`select namespaces_used from indexes order by id`).toEqual([
      { namespaces_used: 0 },
      { namespaces_used: 1 },
    ])
  },
)

test.each(forward)(
  'a mover that dies at "%s" on the way to another model leaves each record with the vector of its text',
  async (point) => {
    const acme = await world.tenant('acme', 220, { form: 'texts' })
    const before = await contents(await world.placeOf(acme))
    const { died } = await world.mortal(point)
    const { id } = await world.promote(acme, 'other')
    if (point.startsWith('complete')) {
      await world.until(id, 'soaking')
      await completeMove(world.home, platform, id)
    }
    await died
    await world.replica()
    if (!point.startsWith('complete')) {
      await world.until(id, 'soaking')
      await completeMove(world.home, platform, id)
    }
    await world.until(id, 'completed')
    const now = await contents(await world.placeOf(acme))
    expect([...now.keys()]).toEqual([...before.keys()])
    for (const [key, { values, metadata = {} }] of now) {
      const { _tr_emb: stamp, ...own } = metadata
      expect([key, own, stamp]).toEqual([key, before.get(key)?.metadata, expect.any(String)])
      expect([key, values.map(Math.fround)]).toEqual([key, vectorOf('other', `text of ${key}`)])
    }
  },
)

const waysOf = (...points: readonly MovePoint[]) =>
  points.flatMap((point) => [
    { point, way: 'to an index of its own', model: undefined },
    { point, way: 'to another model', model: 'other' },
  ])

test.each(waysOf('cancel: begun', 'cancel: purged'))(
  'a mover that dies at "$point" on the way $way leaves a cancel that the next one ends',
  async ({ point, model }) => {
    const acme = await world.tenant('acme', 20, { form: 'texts' })
    const before = await contents(await world.placeOf(acme))
    const [made, hold] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const hook = async (reached: MovePoint) => {
      if (reached !== 'prepare: index made') return
      made.resolve()
      await hold.promise
    }
    const holder = await world.replica(hook)
    const { id } = await world.promote(acme, model)
    await made.promise
    await cancelMove(world.home, platform, id)
    await holder.killMover()
    hold.resolve()
    const { died } = await world.mortal(point)
    await died
    await world.replica()
    await world.until(id, 'cancelled')
    expect(await contents(await world.placeOf(acme))).toEqual(before)
    await vi.waitFor(async () => expect(await world.store.listIndexes('default')).toHaveLength(1), { timeout: 60_000 })
  },
)

test.each(waysOf('rollBack: begun', 'rollBack: purged'))(
  'a mover that dies at "$point" after the way $way leaves a rollback that the next one ends',
  async ({ point, model }) => {
    const acme = await world.tenant('acme', 20, { form: 'texts' })
    const before = await contents(await world.placeOf(acme))
    const { died } = await world.mortal(point)
    const { id } = await world.promote(acme, model)
    await world.until(id, 'soaking')
    await rollbackMove(world.home, platform, id)
    await died
    await world.replica()
    await world.until(id, 'rolled_back')
    expect((await world.placeOf(acme)).placement.generation).toBe(1)
    expect(await contents(await world.placeOf(acme))).toEqual(before)
    expect(await world.store.listIndexes('default')).toHaveLength(1)
  },
)

test('a mover that wakes up after another has taken over changes nothing any more', async () => {
  const acme = await world.tenant('acme', 620)
  const asleep = Promise.withResolvers<void>()
  const wake = Promise.withResolvers<void>()
  const reached: string[] = []
  const sleeper = await world.replica(
    async (point, { moverToken }) => {
      if (moverToken > 1) return
      reached.push(point)
      if (point !== 'copy: batch written') return
      asleep.resolve()
      await wake.promise
    },
    { leaseMs: 60_000 },
  )
  const { id } = await world.promote(acme)
  await asleep.promise
  // Other replicas see a long stop of the process as a claim that runs out.
  await world.home.sql`update moves set mover_lease_until = now() - interval '1 second'`
  await world.replica()
  await world.until(id, 'soaking')
  const row = await world.home.sql`select copied, state, mover_token from moves`
  wake.resolve()
  await sleeper.stopMover()
  expect(reached.at(-1)).toBe('copy: batch written')
  expect(await world.home.sql`select copied, state, mover_token from moves`).toEqual(row)
  expect((await contents(await world.placeOf(acme))).size).toBe(620)
})
