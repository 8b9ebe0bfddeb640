import { expect, test, vi } from 'vitest'
import { showMove } from '../../src/moves/show-move.ts'
import { contents, MoveWorld } from '../support/move-world.ts'

test('a write that hangs on one replica keeps the move of its own tenant, and those of others go through', async () => {
  await using world = await MoveWorld.open()
  const [acme, other] = [await world.tenant('acme', 5), await world.tenant('other', 20)]
  const [a, b] = [await world.replica(undefined, { storeCallMs: 600_000 }), await world.replica()]
  const landed = Promise.withResolvers<void>()
  const hung = a.writeHeld(acme, 'slow', landed.promise)
  // Its permit is taken by now: the replica knows the tenant.
  await a.routes.find(acme)
  const held = await world.promote(acme)
  const gate = async () =>
    expect((await showMove(world.home, held.id)).waitsFor).toMatchObject({ kind: 'replicas_behind' })
  await vi.waitFor(gate, { timeout: 60_000 })
  await b.write.put(other, [{ id: 'before', values: [1, 2, 3, 4] }])
  const { id } = await world.promote(other)
  await world.until(id, 'soaking')
  await a.write.put(other, [{ id: 'after', values: [1, 2, 3, 4] }])
  expect((await contents(await world.placeOf(other))).size).toBe(22)
  expect((await showMove(world.home, held.id)).state).toBe('arming')
  landed.resolve()
  await hung
  await world.until(held.id, 'soaking')
  expect((await contents(await world.placeOf(acme))).has('slow')).toBe(true)
})
