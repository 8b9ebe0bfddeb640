import { describe, expect, test } from 'vitest'
import { createTenant } from '../../src/tenants/create-tenant.ts'
import { resumeProvisioning } from '../../src/tenants/sweep/resume-provisioning.ts'
import { expectConsistent, namespacesInStore } from './expect-consistent.ts'
import { Crash, crashAt, type StoreCallName } from './step-in.ts'
import { id, platform, TenantWorld } from './tenant-world.ts'

const acme = { id: id('acme'), name: 'Acme' }

const points: [StoreCallName, 'before' | 'after'][] = [
  ['createIndex', 'before'],
  ['createIndex', 'after'],
  ['createNamespace', 'before'],
  ['createNamespace', 'after'],
]

describe.each(points)('a replica that dies %s (%s)', (call, when) => {
  test.each(['pool', 'silo'] as const)('leaves an onboarding into a %s that another one finishes', async (kind) => {
    await using world = await TenantWorld.open({ storeInDoubtMs: 200 })
    const wanted = kind === 'silo' ? { ...acme, tier: 'enterprise' as const } : acme
    const dying = world.replica({}, crashAt(call, when))
    await expect(createTenant(dying, platform, wanted)).rejects.toThrow(Crash)
    await dying[Symbol.asyncDispose]()
    expect(await statusOf(world)).toBe('provisioning')

    const other = world.replica()
    expect(await resumeProvisioning(other)).toEqual({ done: 1, failed: 0 })
    expect(await statusOf(world)).toBe('active')
    await expectConsistent(world)
    expect(await namespacesInStore(world)).toHaveLength(1)
    expect(await resumeProvisioning(other)).toEqual({ done: 0, failed: 0 })
  })

  test('is made up for by the same request again', async () => {
    await using world = await TenantWorld.open({ storeInDoubtMs: 200 })
    await expect(createTenant(world.replica({}, crashAt(call, when)), platform, acme)).rejects.toThrow(Crash)
    const again = await createTenant(world.replica(), platform, acme)
    expect(again).toMatchObject({ outcome: 'exists', tenant: { status: 'active', placement: { generation: 1 } } })
    await expectConsistent(world)
  })
})

test('a registry that fails in the first transaction leaves nothing', async () => {
  await using world = await TenantWorld.open()
  const replica = world.replica()
  await createTenant(replica, platform, { id: id('first'), name: 'First' })
  await breakTable(world, 'cleanups')
  await expect(createTenant(replica, platform, acme)).rejects.toThrow()
  expect(await world.home.sql`select id from tenants`).toEqual([{ id: 'first' }])
  expect(await world.home.sql`select namespaces_used::int as used from indexes`).toEqual([{ used: 1 }])
  await repairTable(world, 'cleanups')
  expect((await createTenant(replica, platform, acme)).outcome).toBe('created')
  await expectConsistent(world)
})

test('a registry that fails in the last transaction leaves an onboarding that is finished later', async () => {
  await using world = await TenantWorld.open()
  await breakTable(world, 'routing')
  await expect(createTenant(world.replica(), platform, acme)).rejects.toThrow()
  expect(await statusOf(world)).toBe('provisioning')
  await repairTable(world, 'routing')
  expect(await resumeProvisioning(world.replica())).toEqual({ done: 1, failed: 0 })
  await expectConsistent(world)
  expect(await world.home.sql`select count(*)::int as open from cleanups where done_at is null`).toEqual([{ open: 1 }])
})

test('a namespace whose making got no answer is asked for again, and is there once', async () => {
  await using world = await TenantWorld.open()
  world.local.local.setFaults({ rules: [{ fault: 'reset', when: 'after', on: 'createNamespace', times: 3 }] })
  const made = await createTenant(world.replica(), platform, acme)
  expect(made.outcome).toBe('created')
  await expectConsistent(world)
})

test('two replicas that take up the same onboardings at once end up with one place each', async () => {
  await using world = await TenantWorld.open({ storeInDoubtMs: 200, poolNamespaceLimit: 4 })
  const dying = world.replica({}, crashAt('createIndex', 'after'))
  const wanted = Array.from({ length: 12 }, (_, n) => ({ id: id(`tenant-${n}`), name: `Tenant ${n}` }))
  await Promise.allSettled(wanted.map((tenant) => createTenant(dying, platform, tenant)))
  await dying[Symbol.asyncDispose]()
  await Promise.all([resumeProvisioning(world.replica()), resumeProvisioning(world.replica())])
  expect(await world.home.sql`select count(*)::int as active from tenants where status = 'active'`).toEqual([
    { active: 12 },
  ])
  expect(await namespacesInStore(world)).toHaveLength(12)
  await expectConsistent(world)
})

async function statusOf(world: TenantWorld): Promise<string | undefined> {
  const [row] = await world.home.sql<{ status: string }[]>`select status from tenants where id = 'acme'`
  return row?.status
}

async function breakTable(world: TenantWorld, table: string): Promise<void> {
  await world.home.sql.unsafe(`
    create or replace function fail() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
    create trigger broken before insert on ${table} execute function fail()`)
}

async function repairTable(world: TenantWorld, table: string): Promise<void> {
  await world.home.sql.unsafe(`drop trigger broken on ${table}`)
}
