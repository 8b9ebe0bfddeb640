import { expect, test } from 'vitest'
import { createTenant } from '../../src/tenants/create-tenant.ts'
import { showTenant } from '../../src/tenants/show-tenant.ts'
import { expectConsistent, namespacesInStore } from './expect-consistent.ts'
import { id, platform, sales, TenantWorld } from './tenant-world.ts'

const plain = { id: id('acme'), name: 'Acme', attributes: { crm: 'A-1', vip: true } }
/** A request with limits, which only the platform team sets. */
const acme = { ...plain, limits: { requestsPerMinute: 60 } }

test('the same request twice makes one tenant; with other content it is refused', async () => {
  await using world = await TenantWorld.open()
  const replica = world.replica()
  const first = await createTenant(replica, platform, acme)
  expect(first.outcome).toBe('created')
  expect(await createTenant(replica, platform, acme)).toEqual({ outcome: 'exists', tenant: first.tenant })
  expect(await showTenant(replica, acme.id)).toEqual(first.tenant)
  for (const other of [
    { ...acme, name: 'Other' },
    { ...acme, tier: 'enterprise' as const },
    { ...acme, region: 'us-east-1' },
    { ...acme, limits: {} },
    { ...acme, attributes: { crm: 'A-1' } },
  ]) {
    await expect(createTenant(replica, platform, other)).rejects.toMatchObject({ code: 'conflict' })
  }
  expect(await namespacesInStore(world)).toHaveLength(1)
  await expectConsistent(world)
})

test('the same request twenty times at once over two replicas makes one tenant', async () => {
  await using world = await TenantWorld.open()
  const replicas = [world.replica(), world.replica()] as const
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, n) => createTenant(replicas[n % 2] ?? replicas[0], platform, acme)),
  )
  expect(all.filter((one) => one.outcome === 'created')).toHaveLength(1)
  expect(all.every((one) => one.tenant.status === 'active')).toBe(true)
  expect(await namespacesInStore(world)).toHaveLength(1)
  await expectConsistent(world)
})

test('an enterprise tenant made by the platform team starts in an index of its own', async () => {
  await using world = await TenantWorld.open()
  const made = await createTenant(world.replica(), platform, { ...acme, tier: 'enterprise' })
  expect(made).toMatchObject({
    outcome: 'created',
    tenant: { tier: 'enterprise', awaitingPromotion: false, placement: { kind: 'silo', generation: 1 } },
  })
  expect(made.tenant.placement?.index).toMatch(/-silo-acme-[0-9a-f]{8}$/)
  expect(await world.home.sql`select kind, tenant_id, namespaces_used as used from indexes`).toEqual([
    { kind: 'silo', tenant_id: 'acme', used: 1 },
  ])
  await expectConsistent(world)
})

test('an enterprise tenant made by sales is pooled and awaits promotion', async () => {
  await using world = await TenantWorld.open()
  const made = await createTenant(world.replica(), sales, { ...plain, tier: 'enterprise' })
  expect(made).toMatchObject({
    outcome: 'created',
    tenant: { tier: 'enterprise', awaitingPromotion: true, placement: { kind: 'pool' } },
  })
})

test('a tenant whose vectors must stay in a region gets a shared index there', async () => {
  await using world = await TenantWorld.open()
  const replica = world.replica()
  await createTenant(replica, sales, { id: id('here'), name: 'Here' })
  const there = { id: id('there'), name: 'There', region: 'eu-west-1' }
  expect((await createTenant(replica, sales, there)).tenant).toMatchObject({ region: 'eu-west-1' })
  await createTenant(replica, sales, { ...there, id: id('there-too') })
  expect(await world.home.sql`select region, namespaces_used as used from indexes order by id`).toEqual([
    { region: 'us-east-1', used: 1 },
    { region: 'eu-west-1', used: 2 },
  ])
})

test('who made a tenant is on record, in the same transaction', async () => {
  await using world = await TenantWorld.open()
  const replica = world.replica()
  await createTenant(replica, sales, plain)
  await createTenant(replica, platform, { id: id('big'), name: 'Big', tier: 'enterprise' })
  expect(await world.home.sql`select actor, action, tenant_id, detail from audit order by id`).toEqual([
    {
      actor: 'sales@example.com',
      action: 'tenant.create',
      tenant_id: 'acme',
      detail: { name: 'Acme', tier: 'standard', startsIn: 'pool' },
    },
    {
      actor: 'platform@example.com',
      action: 'tenant.create',
      tenant_id: 'big',
      detail: { name: 'Big', tier: 'enterprise', startsIn: 'silo' },
    },
  ])
})
