import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect, type Database } from '../../src/db/connect.ts'
import type { TenantRoute } from '../../src/placement/phase.ts'
import { parseTenantId, type TenantId } from '../../src/placement/tenant-id.ts'
import { LeasedRoutes } from '../../src/routing/lease/leased-routes.ts'
import { cpuSecondsOf } from './cpu-time.ts'
import { answerQuestions } from './process.ts'
import { seededRandom } from './sample-tenant.ts'
import { median, quantile } from './statistics.ts'

export interface RoutingOrder {
  readonly databaseUrl: string
  readonly tenants: number
  readonly remembered: number
  readonly lookups: number
  readonly zipfLookups: number
  /** Tenants that a replica reads which knows none. */
  readonly cold: number
}

export interface RoutingResult {
  readonly mapNs: number
  readonly findNs: number
  readonly bytesPerTenant: number
  /** 0–1 */
  readonly zipfHits: number
  readonly zipfPerSecond: number
  readonly missP50Ms: number
  readonly missP99Ms: number
  /** Lookups a second of 32 callers, none of them remembered. */
  readonly coldPerSecond: number
  /** Microseconds of the replica's processor a lookup. */
  readonly coldProcessorUs: number
  /** Processor seconds of Postgres for all of them. */
  readonly coldPostgresS: number
}

const routeOptions = { leaseMs: 60_000, storeInDoubtMs: 60_000, holdMs: 5_000, outageReads: 'stale' } as const

/** A replica's routes alone, over the real registry. */
answerQuestions((order) => run(order as RoutingOrder))

async function run(order: RoutingOrder): Promise<RoutingResult> {
  const { databaseUrl, tenants, remembered, lookups, zipfLookups } = order
  await using database = connect({ url: databaseUrl, max: 10 })
  const cold = await readCold(database, order)
  await using routes = new LeasedRoutes(database, { ...routeOptions, maxTenants: remembered })
  await routes.start()
  const ids = Array.from({ length: remembered }, (_, n) => parseTenantId(`tenant-${n}`))

  // The second half counts: with the first one the driver makes its objects, and what the start needed is freed.
  const half = remembered / 2
  await each(ids.slice(0, half), 64, async (id) => void (await routes.find(id)))
  const before = await heapBytes()
  await each(ids.slice(half), 64, async (id) => void (await routes.find(id)))
  const bytesPerTenant = ((await heapBytes()) - before) / half

  const map = new Map<TenantId, TenantRoute>()
  for (const id of ids) map.set(id, await routes.find(id))
  const random = seededRandom(3)
  // Equal text in another string, like an id that comes with a token.
  const asked = Array.from({ length: 10_000 }, () => parseTenantId(`tenant-${Math.floor(random() * remembered)}`))
  const [mapNs, findNs] = [[] as number[], [] as number[]]
  for (let round = 0; round < 7; round += 1) {
    mapNs.push(nsEach(lookups / 4, (n) => map.get(asked[n % asked.length] as TenantId)))
    findNs.push(nsEach(lookups / 4, (n) => routes.find(asked[n % asked.length] as TenantId)))
  }
  map.clear()
  const traffic = await zipf(routes, tenants, zipfLookups)
  return { mapNs: median(mapNs), findNs: median(findNs), bytesPerTenant, ...traffic, ...cold }
}

/** A replica that has just started, asked for `cold` tenants once each. */
async function readCold(database: Database, { tenants, cold }: RoutingOrder) {
  await using routes = new LeasedRoutes(database, { ...routeOptions, maxTenants: cold })
  await routes.start()
  await routes.find(parseTenantId('tenant-0'))
  const before = await postgresSeconds(database)
  const [own, startedAt] = [process.cpuUsage(), performance.now()]
  const ids = Array.from({ length: cold }, (_, n) => parseTenantId(`tenant-${tenants - 1 - n}`))
  await each(ids, 32, async (id) => void (await routes.find(id)))
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(own)
  return {
    coldPerSecond: cold / seconds,
    coldProcessorUs: (user + system) / cold,
    coldPostgresS: (await postgresSeconds(database)) - before,
  }
}

/** Processor time of all sessions, planning included, which `active_time` of pg_stat_database is not. */
async function postgresSeconds({ sql }: Database): Promise<number> {
  const sessions = await sql<{ pid: number }[]>`select pid from pg_stat_activity where backend_type = 'client backend'`
  return sessions.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0)
}

/** Zipf traffic: a few tenants cause most of it, the n-th in proportion to 1/n. */
async function zipf(routes: LeasedRoutes, tenants: number, count: number) {
  const random = seededRandom(9)
  const misses: number[] = []
  // Inverse of the harmonic sum, which ln(n) follows.
  const ranks = Array.from({ length: count }, () => Math.floor(tenants ** random()) - 1)
  const startedAt = performance.now()
  await each(ranks, 32, async (rank) => {
    // Ranks are spread over all tenants, also over those that nobody has asked for yet.
    const id = parseTenantId(`tenant-${(rank * 7_919) % tenants}`)
    const sentAt = performance.now()
    const found = routes.find(id)
    if (!(found instanceof Promise)) return
    await found
    misses.push(performance.now() - sentAt)
  })
  const seconds = (performance.now() - startedAt) / 1000
  const zipfHits = 1 - misses.length / count
  const [missP50Ms, missP99Ms] = [0.5, 0.99].map((q) => (misses.length === 0 ? 0 : quantile(misses, q)))
  return { zipfHits, zipfPerSecond: count / seconds, missP50Ms: missP50Ms ?? 0, missP99Ms: missP99Ms ?? 0 }
}

let kept: unknown

function nsEach(count: number, look: (n: number) => unknown): number {
  const startedAt = performance.now()
  // Results are kept, or nothing would have to be looked up.
  for (let n = 0; n < count; n += 1) kept = look(n)
  if (kept === undefined) throw new Error('a tenant was not found')
  return ((performance.now() - startedAt) / count) * 1e6
}

/** Bytes of what is alive. It collects until that no longer shrinks, since code that is not used any more goes a few rounds later. */
async function heapBytes(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let unchanged = 0; unchanged < 4; ) {
    globalThis.gc?.()
    await nextTurn()
    const now = process.memoryUsage().heapUsed
    unchanged = now < least - 4_096 ? 0 : unchanged + 1
    least = Math.min(least, now)
  }
  return least
}

async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
