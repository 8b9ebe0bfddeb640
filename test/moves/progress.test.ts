import { expect, test } from 'vitest'
import { MoveWorld } from '../support/move-world.ts'

test('records that a copy finds beyond those counted at its start belong to the total', async () => {
  await using world = await MoveWorld.open()
  const acme = await world.tenant('acme', 2_500)
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await world.replica(async (point) => {
    if (point !== 'copy: batch claimed') return
    reached.resolve()
    await goOn.promise
  })
  const { id } = await world.promote(acme)
  await reached.promise
  // The first of three batches is on its way, and the last one is not read yet.
  const late = ['z1', 'z2', 'z3'].map((name) => ({ id: name, values: [1, 2, 3, 4] }))
  await (await world.placeOf(acme)).upsert(late)
  goOn.resolve()
  const { progress } = await world.until(id, 'soaking')
  expect(progress).toMatchObject({ copied: 2_503, total: 2_503, percent: 100 })
  const [row] = await world.home.sql`select total from moves`
  expect(row).toEqual({ total: 2_500 })
})
