import { expect } from 'vitest'
import type { TenantWorld } from './tenant-world.ts'

/**
 * The registry and the store say the same: counters count places, every active tenant has one place, routed to and
 * there; nothing is in the store that no place or index row accounts for.
 */
export async function expectConsistent(world: TenantWorld): Promise<void> {
  const { sql } = world.home
  const miscounted = await sql`
    select name, namespaces_used, (select count(*)::int from places where index_id = indexes.id and state <> 'purged') as places
    from indexes where namespaces_used <> (select count(*) from places where index_id = indexes.id and state <> 'purged')`
  expect(miscounted).toEqual([])
  const unplaced = await sql`
    select id from tenants where status in ('active', 'suspended') and not exists (
      select from places join routing on routing.active_place_id = places.id and routing.tenant_id = places.tenant_id
      where places.tenant_id = tenants.id and places.state = 'active')`
  expect(unplaced).toEqual([])
  const homeless = await sql`
    select id from tenants where status not in ('provisioning', 'offboarded')
      and (select count(*) from places where tenant_id = tenants.id and state = 'active') <> 1`
  expect(homeless).toEqual([])

  const rows = await sql<{ index: string; namespace: string; state: string }[]>`
    select index_name as index, namespace, state from places`
  const live = rows.filter((row) => row.state !== 'purged').map((row) => `${row.index}/${row.namespace}`)
  const active = rows.filter((row) => row.state === 'active').map((row) => `${row.index}/${row.namespace}`)
  const inStore = await namespacesInStore(world)
  expect(inStore.filter((name) => !live.includes(name))).toEqual([])
  expect(active.filter((name) => !inStore.includes(name))).toEqual([])

  const known = (await sql<{ name: string }[]>`select name from indexes where state <> 'deleted'`).map(
    (row) => row.name,
  )
  const made = await world.local.connect().listIndexes('default')
  expect(made.map((index) => index.name).filter((name) => !known.includes(name))).toEqual([])
}

export async function namespacesInStore(world: TenantWorld): Promise<readonly string[]> {
  const found: string[] = []
  for (const index of await world.local.connect().listIndexes('default')) {
    const host = index.host.startsWith('http') ? index.host : `http://${index.host}`
    const response = await fetch(`${host}/namespaces?limit=100`, { headers: { 'api-key': 'local' } })
    const { namespaces } = (await response.json()) as { namespaces: { name: string }[] }
    found.push(...namespaces.map((namespace) => `${index.name}/${namespace.name}`))
  }
  return found
}
