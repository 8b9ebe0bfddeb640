import { expect, test } from 'vitest'
import { raiseAfterRestore } from '../../src/db/after-restore.ts'
import { startMove } from '../../src/moves/start-move.ts'
import { contents, MoveWorld, platform, settings } from '../support/move-world.ts'

test('after a restore no number of a write is given twice, and a move makes no place of a name that the store may hold', async () => {
  await using world = await MoveWorld.open()
  const acme = await world.tenant('acme', 20)
  const [before] = await world.home.sql<{ seq: string }[]>`select nextval('write_seq') as seq`
  expect(await raiseAfterRestore(world.home)).toEqual({ tenants: 1, uploads: 0 })
  const [after] = await world.home.sql<{ seq: string }[]>`select nextval('write_seq') as seq`
  expect(Number(after?.seq) - Number(before?.seq)).toBeGreaterThan(999_999_999)
  // Left by a move that was made after the backup.
  const old = world.store.open({ ...(await world.placeOf(acme)).placement, namespace: 'tenant_acme_g2', generation: 2 })
  await old.upsert([{ id: 'stale', values: [1, 2, 3, 4] }])
  // Accepted by a person, as the store shows where it is.
  await world.home.sql`update tenants set status = held->>'was', held = null`
  await world.replica()
  const { id } = await startMove({ db: world.home.db, settings }, platform, { tenantId: acme, kind: 'promote' })
  await world.until(id, 'soaking')
  const now = await world.placeOf(acme)
  expect(now.placement.generation).toBe(1_002)
  expect((await contents(now)).size).toBe(20)
})
