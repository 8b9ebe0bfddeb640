import { connect } from '../src/db/connect.ts'
import type { LoadRequest, LoadResult } from './harness/load.ts'
import { call, type Parts, startParts, startService } from './harness/parts.ts'
import { pinned, startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios, untilSteady } from './harness/rounds.ts'
import type { SampleTenant } from './harness/sample-tenant.ts'
import { startServer } from './harness/server.ts'
import { median, show, spread } from './harness/statistics.ts'
import { instantStore, measureServer, onboardSample, post, queryByVector } from './harness/uncached.ts'

const connections = 32

/**
 * Requests a second of one process: `/retrieve` from the cache against a bare route on the same server, and, past the
 * cache with a store that answers at once, against the service as tutorials write it. Limits, cache and visibility by
 * groups are on.
 */
export async function throughput({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: true })
  const tenant = await onboardSample(parts, 'throughput')
  await using instant = await instantStore(parts, tenant)
  await using service = await startService(parts)
  const texts = queriesByText(service.url, tenant.token)
  const sample = await call('POST', `${service.url}/retrieve`, { query: queryText(0), topK: 5 }, tenant.token)
  await using bare = await startServer({ file: 'servers/bare-hono.ts', args: [JSON.stringify(sample)], core: 'server' })
  await using naive = await naiveService(parts, tenant, instant.url)
  await using load = startProcess({ file: 'harness/load-process.ts', core: 'rest' })

  const times = quick ? { warmUpMs: 700, measureMs: 1800 } : { warmUpMs: 2000, measureMs: 5000 }
  const measure = measureServer(load, connections)
  const rounds = quick ? 3 : 7
  const subjects = {
    bare: measure(bare.process, queriesByText(bare.url, tenant.token)),
    cached: measure(service.process, texts),
    uncached: measure(service.process, [queryByVector(service.url, tenant.token)]),
    naive: measure(naive.process, [queryByVector(naive.url, tenant.token)]),
  }
  say(`${connections} connections, until their rates are steady`)
  for (const subject of Object.values(subjects)) {
    await untilSteady(async () => (await subject({ warmUpMs: 0, measureMs: 1000 })).requestsPerSecond)
  }
  say(`${rounds} rounds`)
  const measured = await inTurn(rounds, {
    bare: () => subjects.bare(times),
    cached: () => subjects.cached(times),
    uncached: () => subjects.uncached(times),
    naive: () => subjects.naive(times),
  })
  const names = {
    bare: 'bare Hono, same bodies as cached',
    cached: '/retrieve from the cache',
    uncached: '/retrieve with a vector, uncached',
    naive: 'bench/naive.ts, same bodies as uncached',
  } as const
  const rate = (result: LoadResult) => result.requestsPerSecond
  const rows: [string, string][] = []
  for (const [key, name] of Object.entries(names) as [keyof typeof names, string][]) {
    const samples = measured[key]
    rows.push([`${name}, requests/s`, show(spread(samples.map(rate)), 0)])
    rows.push([`${name}, p99 ms`, show(spread(samples.map(({ p99Ms }) => p99Ms)))])
    // Where other work takes a part of the server's core, this is the number to look at.
    const perCore = samples.map(({ perCoreSecond }) => perCoreSecond)
    if (!perCore.includes(Number.NaN)) rows.push([`${name}, requests per second of its core`, show(spread(perCore), 0)])
  }
  const ofBare = ratios(measured.cached, measured.bare, rate)
  const ofNaive = ratios(measured.uncached, measured.naive, rate)
  rows.push(['cached / bare Hono', show(spread(ofBare), 3)], ['uncached / naive', show(spread(ofNaive), 3)])
  const perCore = ({ perCoreSecond }: { readonly perCoreSecond: number }) => perCoreSecond
  const perCoreRatios = [
    ['cached / bare Hono', ratios(measured.cached, measured.bare, perCore)],
    ['uncached / naive', ratios(measured.uncached, measured.naive, perCore)],
  ] as const
  for (const [what, each] of perCoreRatios) {
    if (!each.some(Number.isNaN)) rows.push([`${what}, per second of the server's core`, show(spread(each), 3)])
  }
  return {
    bench: 'throughput',
    note: pinned
      ? 'the server on a core of its own, load, store and Postgres on the rest'
      : 'processes not pinned to cores',
    rows,
    goals: [
      { what: 'cached / bare Hono', value: median(ofBare), limit: 0.75, sense: 'at least' },
      { what: 'uncached / naive', value: median(ofNaive), limit: 2.5, sense: 'at least' },
    ],
  }
}

async function naiveService(parts: Parts, tenant: SampleTenant, storeUrl: string) {
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  await database.sql`create table naive_tenants (id text primary key, index_host text not null, namespace text not null)`
  await database.sql`insert into naive_tenants values (${tenant.id}, ${storeUrl}, ${tenant.place.namespace})`
  return await startServer({ file: 'naive.ts', core: 'server', env: parts.settings })
}

function queryText(n: number): string {
  return `how long does a customer have to pay invoice number ${n}, and who is told when it is late?`
}

function queriesByText(url: string, token: string): readonly LoadRequest[] {
  return Array.from({ length: 16 }, (_, n) => post(url, token, { query: queryText(n), topK: 5 }))
}
