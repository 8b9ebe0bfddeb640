import { fillRegistry } from './harness/fill-registry.ts'
import { startParts } from './harness/parts.ts'
import { startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import type { RoutingOrder, RoutingResult } from './harness/routing-process.ts'
import { median, show, spread } from './harness/statistics.ts'

/** Tenants that a replica caches: `LeasedRoutes`, `maxTenants`. */
const remembered = 100_000

/**
 * Resolving a tenant from the replica's cache against a plain `Map`; the memory of a cached tenant; Zipf traffic
 * over more tenants than are cached, backed by Postgres; and a replica that has just started.
 */
export async function routing({ quick, say }: BenchOptions): Promise<BenchResult> {
  const tenants = quick ? 100_000 : 1_000_000
  await using parts = await startParts({ pin: false })
  say(`${tenants} tenants into the registry`)
  await fillRegistry(parts.databaseUrl, tenants)
  const rounds = 3
  const results: RoutingResult[] = []
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`)
    // Memory is measured from nothing, so each round has a process of its own.
    await using child = startProcess({ file: 'harness/routing-process.ts', nodeArgs: ['--expose-gc'] })
    const order: RoutingOrder = {
      databaseUrl: parts.databaseUrl,
      tenants,
      remembered: quick ? 10_000 : remembered,
      lookups: quick ? 1_000_000 : 4_000_000,
      zipfLookups: quick ? 10_000 : 60_000,
      cold: 10_000,
    }
    results.push((await child.ask(order)) as RoutingResult)
  }
  const values = (value: (result: RoutingResult) => number) => results.map(value)
  const ratio = values(({ findNs, mapNs }) => findNs / mapNs)
  const rate = values((result) => result.zipfPerSecond)
  const missP99 = values((result) => result.missP99Ms)
  const coldS = values((result) => result.coldPostgresS)
  const bytes = values((result) => result.bytesPerTenant)
  return {
    bench: 'routing',
    rows: [
      ['a plain Map, ns a lookup', show(spread(values((result) => result.mapNs)), 0)],
      ['the cache of routes, ns a lookup', show(spread(values((result) => result.findNs)), 0)],
      ['cache / Map', show(spread(ratio))],
      ['a remembered tenant, bytes', show(spread(bytes), 0)],
      ['Zipf traffic: found in the cache, %', show(spread(values((result) => result.zipfHits * 100)), 1)],
      ['Zipf traffic by 32 callers, lookups/s', show(spread(rate), 0)],
      ['a lookup past the cache, p50 ms', show(spread(values((result) => result.missP50Ms)))],
      ['a lookup past the cache, p99 ms', show(spread(missP99))],
      ['10,000 tenants by 32 callers, none remembered, lookups/s', show(spread(values((r) => r.coldPerSecond)), 0)],
      [
        "10,000 tenants, none remembered: µs of the replica's processor a lookup",
        show(spread(values((result) => result.coldProcessorUs)), 0),
      ],
      ['10,000 tenants, none remembered: processor seconds of Postgres', show(spread(coldS))],
    ],
    goals: [
      { what: 'cache / Map', value: median(ratio), limit: 3, sense: 'at most' },
      { what: 'bytes a tenant', value: median(bytes), limit: 400, sense: 'at most' },
      { what: 'Zipf traffic, lookups/s', value: median(rate), limit: 20_000, sense: 'at least' },
      { what: 'a lookup past the cache, p99 ms', value: median(missP99), limit: 10, sense: 'at most' },
      { what: '10,000 tenants, processor seconds of Postgres', value: median(coldS), limit: 2, sense: 'at most' },
    ],
  }
}
