import { call, type Parts, type Service } from './parts.ts'

const dimension = 512

export interface SampleTenant {
  readonly id: string
  readonly token: string
  /** The place of its vectors, for a baseline that goes there directly. */
  readonly place: { readonly indexHost: string; readonly namespace: string }
}

/**
 * Onboards a tenant and gives it `count` vectors with text, through the front doors.
 * @param groups of the token; every other vector is visible only to the first of them.
 */
export async function sampleTenant(
  parts: Parts,
  service: Service,
  id: string,
  count: number,
  groups: readonly string[] = [],
): Promise<SampleTenant> {
  await call('POST', `${service.adminUrl}/tenants`, { id, name: id }, await parts.issuer.staffToken())
  const token = await parts.issuer.tenantToken(id, groups)
  const hidden = groups.length === 0 ? {} : { visibility: groups.slice(0, 1) }
  const random = seededRandom(7)
  for (let from = 0; from < count; from += 100) {
    const vectors = Array.from({ length: Math.min(100, count - from) }, (_, at) => ({
      id: `v-${from + at}`,
      values: unitVector(random),
      metadata: { text: `Passage ${from + at}: ${words}`, n: from + at, ...(at % 2 === 0 && hidden) },
    }))
    await call('POST', `${service.url}/vectors/upsert`, { vectors }, token)
  }
  return { id, token, place: await placeOf(parts, id) }
}

const words = 'invoices are due within thirty days, and a reminder goes out a week before. '.repeat(4)

async function placeOf(parts: Parts, id: string): Promise<SampleTenant['place']> {
  const { connect } = await import('../../src/db/connect.ts')
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  const [row] = await database.sql<{ host: string; namespace: string }[]>`
    select indexes.host, places.namespace from routing
    join places on places.id = routing.active_place_id
    join indexes on indexes.id = places.index_id
    where routing.tenant_id = ${id}`
  if (row === undefined) throw new Error(`${id} has no place`)
  return { indexHost: row.host, namespace: row.namespace }
}

/** The same numbers in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A vector of length 1, with numbers as short as an encoder's in JSON. */
export function unitVector(random: () => number): number[] {
  const values = Array.from({ length: dimension }, () => random() - 0.5)
  const length = Math.hypot(...values)
  return values.map((value) => Number((value / length).toFixed(8)))
}
