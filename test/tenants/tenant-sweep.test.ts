import { expect, test } from 'vitest'
import { createTenant } from '../../src/tenants/create-tenant.ts'
import { offboardTenant } from '../../src/tenants/offboard/offboard-tenant.ts'
import { startTenantSweep } from '../../src/tenants/sweep/tenant-sweep.ts'
import { expectConsistent } from './expect-consistent.ts'
import { crashAt, stepIn } from './step-in.ts'
import { id, platform, TenantWorld } from './tenant-world.ts'

test('what a dead replica left is finished by the sweep of another', async () => {
  await using world = await TenantWorld.open({ provisionWaitMs: 0 })
  const dying = world.replica({}, crashAt('deleteNamespace', 'before'))
  await createTenant(dying, platform, { id: id('going'), name: 'Going' })
  await dying.settled()
  await offboardTenant(dying, platform, id('going'))
  await dying.settled()
  const alsoDying = world.replica({}, crashAt('createNamespace', 'after'))
  await createTenant(alsoDying, platform, { id: id('coming'), name: 'Coming' })
  await alsoDying.settled()

  await using _ = startTenantSweep(world.replica(), { everyMs: 20 })
  const states = () => world.home.sql`select id, status from tenants order by id`
  await expect.poll(states, { timeout: 60_000 }).toEqual([
    { id: 'coming', status: 'active' },
    { id: 'going', status: 'offboarded' },
  ])
  await expectConsistent(world)
})

test('the sweep ends at once although the store does not answer', async () => {
  await using world = await TenantWorld.open({ provisionWaitMs: 0 })
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
  const crashing = world.replica({}, crashAt('createNamespace', 'before'))
  await createTenant(crashing, platform, { id: id('a'), name: 'A' })
  await crashing.settled()
  const replica = world.replica({}, (store) =>
    stepIn(store, (call) => {
      if (call !== 'createNamespace') return
      isAsked()
      return held
    }),
  )
  const sweep = startTenantSweep(replica, { everyMs: 60_000 })
  await asked
  await sweep[Symbol.asyncDispose]()
  letGo()
  await replica.settled()
  await expectConsistent(world)
})
