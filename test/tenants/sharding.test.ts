import { expect, test } from 'vitest'
import { createTenant } from '../../src/tenants/create-tenant.ts'
import { testVectors } from '../support/test-vectors.ts'
import { id, platform, TenantWorld } from './tenant-world.ts'

test('a hundred tenants at once over two replicas fill shards of seven, none over its limit, none made twice', async () => {
  await using world = await TenantWorld.open({ poolNamespaceLimit: 7 })
  const replicas = [world.replica(), world.replica()]
  const made = await Promise.all(
    Array.from({ length: 100 }, async (_, n) => {
      const replica = replicas[n % 2] ?? world.replica()
      return createTenant(replica, platform, { id: id(`tenant-${n}`), name: `Tenant ${n}` })
    }),
  )
  expect(new Set(made.map((one) => one.outcome))).toEqual(new Set(['created']))

  const { sql } = world.home
  const shards = await sql<{ name: string; used: number; state: string; places: number }[]>`
    select name, namespaces_used as used, state,
      (select count(*)::int from places where index_id = indexes.id and state = 'active') as places
    from indexes order by ordinal`
  expect(shards.map((shard) => shard.places)).toEqual([...Array(14).fill(7), 2])
  expect(shards.map((shard) => shard.used)).toEqual(shards.map((shard) => shard.places))
  expect(shards.every((shard) => shard.state === 'ready')).toBe(true)

  const inStore = await world.local.connect().listIndexes('default')
  expect(inStore.map((index) => index.name).toSorted()).toEqual(shards.map((shard) => shard.name).toSorted())

  const store = world.local.connect()
  const tenants = await sql`
    select t.id, t.status, r.phase, r.epoch::int, p.namespace, p.index_name, i.host
    from tenants t join routing r on r.tenant_id = t.id join places p on p.id = r.active_place_id and p.state = 'active'
    join indexes i on i.id = p.index_id`
  expect(tenants).toHaveLength(100)
  for (const tenant of tenants) {
    expect(tenant).toMatchObject({ status: 'active', phase: 'steady', epoch: 1 })
    const place = {
      placeId: 0,
      tenantId: tenant.id,
      project: 'default',
      indexName: tenant.index_name,
      indexHost: tenant.host,
      namespace: tenant.namespace,
      generation: 1,
      kind: 'pool' as const,
      vectors: testVectors,
    }
    expect(await store.open(place).describeNamespace()).toEqual({ recordCount: 0 })
  }
})

test('what another replica filled, and what is being drained meanwhile, takes none of a replica that thinks there is room', async () => {
  await using world = await TenantWorld.open({ poolNamespaceLimit: 4 })
  const [one, other] = [world.replica(), world.replica()]
  const { sql } = world.home
  const places = async () => {
    const rows = await sql<{ used: number }[]>`select namespaces_used as used from indexes order by ordinal`
    return rows.map(({ used }) => used)
  }
  const create = (replica: typeof one, name: string) => createTenant(replica, platform, { id: id(name), name })
  await create(one, 'first')
  await create(one, 'second')
  await Promise.all([create(other, 'third'), create(other, 'fourth')])
  expect(await places()).toEqual([4])
  await create(one, 'fifth')
  expect(await places()).toEqual([4, 1])
  await create(one, 'sixth')
  await sql`update indexes set draining = true where ordinal = 2`
  await create(one, 'seventh')
  expect(await places()).toEqual([4, 2, 1])
})
