import type { Sql } from 'postgres'

export interface Onboarded {
  readonly tenants: number
  readonly indexes: number
  /** Namespaces of the fullest index divided by its limit, counted in the store. */
  readonly fullest: number
}

/**
 * Checks the result of many onboardings: each tenant has exactly one active place, routed to; the counters match the
 * places; and the store has these namespaces and no others, in no index above its limit.
 * @throws Error with the violation.
 */
export async function checkOnboarded(
  sql: Sql,
  expected: number,
  /** Indexes of the store that the registry does not manage. */
  others: readonly string[],
  storeUrl: string,
): Promise<Onboarded> {
  const [tenants] = await sql<{ active: number; placed: number; routed: number; places: number; unserved: number }[]>`
    select
      (select count(*)::int from tenants where status = 'active') as active,
      (select count(distinct tenant_id)::int from places where state = 'active') as placed,
      (select count(*)::int from routing join places on places.id = active_place_id
        and places.tenant_id = routing.tenant_id and places.state = 'active' where phase = 'steady') as routed,
      (select count(*)::int from places) as places,
      (select count(*)::int from tenants where status <> 'active') as unserved`
  const seen = JSON.stringify(tenants)
  if (
    seen !== JSON.stringify({ active: expected, placed: expected, routed: expected, places: expected, unserved: 0 })
  ) {
    throw new Error(`of ${expected} tenants there are ${seen}`)
  }
  const indexes = await sql<{ id: string; name: string; host: string; limit: number; used: number }[]>`
    select id, name, host, namespace_limit as limit, namespaces_used as used from indexes order by id`
  const made = await listIndexes(storeUrl)
  const known = [...indexes.map(({ name }) => name), ...others].toSorted()
  if (made.join() !== known.join()) throw new Error(`the store has ${made}, the registry knows ${known}`)
  let fullest = 0
  for (const { id, name, host, limit, used } of indexes) {
    const places = await sql<{ namespace: string }[]>`select namespace from places where index_id = ${id}`
    const inRegistry = new Set(places.map(({ namespace }) => namespace))
    const inStore = await listNamespaces(host)
    const same = inStore.size === inRegistry.size && inRegistry.isSubsetOf(inStore)
    if (!same) throw new Error(`${name}: ${inStore.size} namespaces in the store, ${inRegistry.size} in the registry`)
    if (used !== inStore.size) throw new Error(`${name}: counted ${used}, there are ${inStore.size}`)
    fullest = Math.max(fullest, inStore.size / limit)
  }
  return { tenants: expected, indexes: indexes.length, fullest }
}

const headers = { 'api-key': 'bench', 'x-pinecone-api-version': '2025-10' }

async function listIndexes(storeUrl: string): Promise<readonly string[]> {
  const answer = await fetch(`${storeUrl}/indexes`, { headers })
  const { indexes } = (await answer.json()) as { indexes: { name: string }[] }
  return indexes.map(({ name }) => name).toSorted()
}

async function listNamespaces(host: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  const base = host.startsWith('http') ? host : `http://${host}`
  for (let next: string | undefined = ''; next !== undefined; ) {
    const answer = await fetch(`${base}/namespaces?limit=100&paginationToken=${encodeURIComponent(next)}`, { headers })
    const page = (await answer.json()) as { namespaces: { name: string }[]; pagination?: { next: string } }
    for (const { name } of page.namespaces) names.add(name)
    next = page.pagination?.next
  }
  return names
}
