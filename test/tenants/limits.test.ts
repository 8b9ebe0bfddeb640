import { expect, test } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import { addIndex } from '../../src/tenants/add-index.ts'
import { createTenant } from '../../src/tenants/create-tenant.ts'
import type { TenantWork } from '../../src/tenants/onboard/tenant-work.ts'
import { resumeProvisioning } from '../../src/tenants/sweep/resume-provisioning.ts'
import { expectConsistent, namespacesInStore } from './expect-consistent.ts'
import { stepIn } from './step-in.ts'
import { id, platform, project, sales, TenantWorld } from './tenant-world.ts'

const onboard = (replica: TenantWork, name: string) => createTenant(replica, sales, { id: id(name), name })

async function rows(world: TenantWorld) {
  const { sql } = world.home
  const [counts] = await sql`
    select (select count(*)::int from tenants) as tenants, (select count(*)::int from places) as places,
      (select count(*)::int from cleanups) as cleanups, (select count(*)::int from indexes) as indexes,
      (select coalesce(sum(namespaces_used), 0)::int from indexes) as counted`
  return counts
}

async function shards(world: TenantWorld) {
  return world.home.sql`
    select ordinal, namespaces_used as used, is_full as full from indexes where state = 'ready' order by ordinal`
}

test('an index that the store calls full is skipped, and the tenant goes to the next', async () => {
  await using world = await TenantWorld.open({ poolNamespaceLimit: 10 })
  world.local.local.setFaults({ namespaceLimit: 2 })
  const replicas = [world.replica(), world.replica()] as const
  for (const [n, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    expect(await onboard(replicas[n % 2] ?? replicas[0], name)).toMatchObject({ outcome: 'created' })
  }
  expect(await shards(world)).toEqual([
    { ordinal: 1, used: 2, full: true },
    { ordinal: 2, used: 2, full: true },
    { ordinal: 3, used: 1, full: false },
  ])
  expect(await rows(world)).toMatchObject({ tenants: 5, places: 5, cleanups: 5 })
  await expectConsistent(world)
})

test('thirty at once get past a store that takes fewer namespaces than configured', async () => {
  await using world = await TenantWorld.open({ poolNamespaceLimit: 10 })
  world.local.local.setFaults({ namespaceLimit: 4 })
  const replicas = [world.replica(), world.replica()] as const
  const made = await Promise.all(
    Array.from({ length: 30 }, (_, n) => onboard(replicas[n % 2] ?? replicas[0], `tenant-${n}`)),
  )
  expect(made.every((one) => one.tenant.status === 'active')).toBe(true)
  expect(await namespacesInStore(world)).toHaveLength(30)
  await expectConsistent(world)
})

test.each([
  ['registry', { projects: [project({ indexLimit: 2 })] }, {}],
  ['store', {}, { indexLimit: 2 }],
])('the index limit, seen by the %s, refuses a tenant and keeps nothing of it', async (_, settings, faults) => {
  await using world = await TenantWorld.open({ poolNamespaceLimit: 2, ...settings })
  world.local.local.setFaults(faults)
  const replica = world.replica()
  for (const name of ['a', 'b', 'c', 'd']) await onboard(replica, name)
  const before = await rows(world)
  const refusals = await Promise.allSettled([
    onboard(replica, 'e'),
    onboard(world.replica(), 'f'),
    createTenant(replica, platform, { id: id('big'), name: 'Big', tier: 'enterprise' }),
  ])
  for (const refusal of refusals) {
    expect(refusal.status === 'rejected' && isAppError(refusal.reason, 'index_limit_reached')).toBe(true)
  }
  expect(await rows(world)).toEqual(before)
  await expectConsistent(world)
})

test('tenants that fit get in although others of the same burst are refused', async () => {
  await using world = await TenantWorld.open({ poolNamespaceLimit: 3, projects: [project({ indexLimit: 2 })] })
  const replica = world.replica()
  const burst = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => onboard(replica, `tenant-${n}`)))
  expect(burst.filter((one) => one.status === 'fulfilled')).toHaveLength(6)
  expect(burst.flatMap((one) => (one.status === 'fulfilled' ? [one.value.outcome] : []))).toEqual(
    Array(6).fill('created'),
  )
  expect(await rows(world)).toMatchObject({ tenants: 6, places: 6, counted: 6 })
  await expectConsistent(world)
})

test('a tenant whose index the store calls full, when no further index is allowed, is refused and keeps nothing', async () => {
  await using world = await TenantWorld.open({ poolNamespaceLimit: 10, projects: [project({ indexLimit: 1 })] })
  world.local.local.setFaults({ namespaceLimit: 2 })
  const replica = world.replica()
  await onboard(replica, 'a')
  await onboard(replica, 'b')
  const before = await rows(world)
  await expect(onboard(replica, 'c')).rejects.toMatchObject({ code: 'index_limit_reached' })
  expect(await rows(world)).toEqual(before)
  expect(await shards(world)).toEqual([{ ordinal: 1, used: 2, full: true }])
  await expectConsistent(world)
})

test('an index of that name that another installation made is not adopted', async () => {
  await using world = await TenantWorld.open()
  const replica = world.replica()
  const name = `${replica.settings.indexPrefix}-pool-1`
  await world.local.connect().createIndex('default', {
    name,
    dimension: 3,
    metric: 'cosine',
    cloud: 'aws',
    region: 'us-east-1',
    tags: { 'managed-by': 'tenant-router', 'tenant-router-index': '1-1' },
  })
  await expect(onboard(replica, 'a')).rejects.toThrow(`has an index ${name} that this router did not make`)
  expect(await rows(world)).toMatchObject({ tenants: 0, places: 0, indexes: 0 })
})

test('an onboarding that waits for its index answers provisioning, and goes on in the background', async () => {
  await using world = await TenantWorld.open({ provisionWaitMs: 0 })
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  const replica = world.replica({}, (store) => stepIn(store, (call) => (call === 'createIndex' ? held : undefined)))
  const slow = await onboard(replica, 'a')
  expect(slow).toMatchObject({ outcome: 'provisioning', tenant: { status: 'provisioning', placement: null } })
  const again = await onboard(replica, 'a')
  expect(again).toMatchObject({ outcome: 'provisioning' })
  letGo()
  await replica.settled()
  expect(await onboard(replica, 'a')).toMatchObject({ outcome: 'exists', tenant: { status: 'active' } })
  await expectConsistent(world)
})

test('a tenant waits on one replica for the index that the other one is making', async () => {
  await using world = await TenantWorld.open()
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
  const maker = world.replica({}, (store) =>
    stepIn(store, (call, when) => {
      if (call !== 'createIndex' || when !== 'before') return
      isAsked()
      return held
    }),
  )
  const made: string[] = []
  const other = world.replica({}, (store) =>
    stepIn(store, (call) => {
      if (call === 'createIndex') made.push(call)
    }),
  )
  const first = onboard(maker, 'a')
  await asked
  const second = onboard(other, 'b')
  letGo()
  const [a, b] = await Promise.all([first, second])
  expect([a.outcome, b.outcome]).toEqual(['created', 'created'])
  expect(a.tenant.placement?.index).toBe(b.tenant.placement?.index)
  expect(made).toEqual([])
})

test('an index opened ahead of need is used when the fuller ones have no room', async () => {
  await using world = await TenantWorld.open({ poolNamespaceLimit: 2 })
  const replica = world.replica()
  await onboard(replica, 'a')
  expect(await addIndex(replica, platform, { namespaceLimit: 1 })).toMatchObject({ state: 'ready', limit: 1 })
  await onboard(replica, 'b')
  await onboard(replica, 'c')
  await onboard(replica, 'd')
  expect(await shards(world)).toEqual([
    { ordinal: 1, used: 2, full: false },
    { ordinal: 2, used: 1, full: false },
    { ordinal: 3, used: 1, full: false },
  ])
})

test('a place that was refused when an earlier request was in doubt is kept until it is seen to be empty', async () => {
  await using world = await TenantWorld.open({ storeInDoubtMs: 0, poolNamespaceLimit: 10 })
  const replica = world.replica()
  await onboard(replica, 'a')
  world.local.local.setFaults({
    namespaceLimit: 1,
    rules: [{ fault: 'reset', when: 'before', on: 'createNamespace', times: 2 }],
  })
  const made = await onboard(replica, 'b')
  expect(made.tenant.placement).toMatchObject({ generation: 2 })
  expect(await world.home.sql`select state from places where tenant_id = 'b' order by generation`).toEqual([
    { state: 'retiring' },
    { state: 'active' },
  ])
  await resumeProvisioning(replica)
  expect(await world.home.sql`select state from places where tenant_id = 'b' order by generation`).toEqual([
    { state: 'purged' },
    { state: 'active' },
  ])
  await expectConsistent(world)
})
