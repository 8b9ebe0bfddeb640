import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { showMove } from '../../src/moves/show-move.ts'
import { intend } from '../../src/routing/write-log/change-log.ts'
import { contents, MoveWorld } from '../support/move-world.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

test('what a killed writer left under way keeps the switch until its lease and the doubt are over, and not until its call would have been', async () => {
  const acme = await world.tenant('acme', 20)
  const copied = Promise.withResolvers<void>()
  const resume = Promise.withResolvers<void>()
  const a = await world.replica(async (point) => {
    if (point !== 'copy: batch recorded') return
    copied.resolve()
    await resume.promise
  })
  const { id } = await world.promote(acme)
  await copied.promise
  const [session, other] = [randomUUID(), randomUUID()]
  for (const one of [session, other])
    await world.home
      .sql`insert into sessions (id, expires_at, seen, applied) select ${one}, now() + interval '1 hour', 1000000, 1000000`
  const [route] = await world.home.sql<{ epoch: string }[]>`select epoch from routing where tenant_id = ${acme}`
  const write = { tenantId: acme, moveId: id, epoch: Number(route?.epoch), kind: 'put' as const, mayLandMs: 3_600_000 }
  expect(await intend(world.home.db, { ...write, session, ids: ['r000001'] })).toMatchObject({ kind: 'intended' })
  resume.resolve()
  const late = { timeout: 60_000 }
  await vi.waitFor(async () => expect((await showMove(world.home, id)).gate).toContain('their writer is gone'), late)
  // Another's end says nothing of this one.
  await world.home.sql`update sessions set expires_at = now() - interval '1 hour' where id = ${other}`
  await world.home.sql`update moves set gate = 'to be said again' where id = ${id}`
  await vi.waitFor(async () => expect((await showMove(world.home, id)).gate).toContain('their writer is gone'), late)
  await world.home.sql`update sessions set expires_at = now() where id = ${session}`
  await world.until(id, 'soaking')
  await a.write.put(acme, [{ id: 'r000001', values: [9, 9, 9, 9] }])
  const now = await contents(await world.placeOf(acme))
  expect([now.size, now.get('r000001')?.values]).toEqual([20, [9, 9, 9, 9]])
})

test('a record that a writer was killed over after the switch can be written again', async () => {
  const acme = await world.tenant('acme', 20)
  const a = await world.replica()
  const { id } = await world.promote(acme)
  await world.until(id, 'soaking')
  const session = randomUUID()
  await world.home
    .sql`insert into sessions (id, expires_at, seen, applied) values (${session}, now(), 1000000, 1000000)`
  const [route] = await world.home.sql<{ epoch: string }[]>`select epoch from routing where tenant_id = ${acme}`
  const write = { tenantId: acme, moveId: id, epoch: Number(route?.epoch), kind: 'put' as const, mayLandMs: 3_600_000 }
  expect(await intend(world.home.db, { ...write, session, ids: ['r000001'] })).toMatchObject({ kind: 'intended' })
  const again = () => a.write.put(acme, [{ id: 'r000001', values: [9, 9, 9, 9] }])
  await vi.waitFor(again, { timeout: 60_000, interval: 50 })
  expect((await contents(await world.placeOf(acme))).get('r000001')?.values).toEqual([9, 9, 9, 9])
})
