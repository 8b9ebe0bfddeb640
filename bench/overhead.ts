import { narrowed } from '../src/rag/checks/check-filter.ts'
import { cpuSecondsOf } from './harness/cpu-time.ts'
import { callersOfHalfACore } from './harness/half-load.ts'
import { call, setFaults, startParts, startService } from './harness/parts.ts'
import { startProcess } from './harness/process.ts'
import type { QueryOrder, QueryResult } from './harness/query-process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { sampleTenant, seededRandom, unitVector } from './harness/sample-tenant.ts'
import { startServer } from './harness/server.ts'
import { median, show, spread } from './harness/statistics.ts'

const storeLatencyMs = 20

/**
 * The router's share of a query: `POST /retrieve` with a vector against the same query by the SDK, straight to a store
 * that takes 20 ms, with the filter that the router adds: by one caller, and by as many as keep a core of the router half
 * busy. Every vector differs, so nothing comes from the cache.
 */
export async function overhead({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: false })
  await using service = await startService(parts)
  const tenant = await sampleTenant(parts, service, 'overhead', 200)
  await using app = startProcess({ file: 'harness/query-process.ts' })
  const sample = await call(
    'POST',
    `${service.url}/retrieve`,
    { vector: unitVector(seededRandom(3)), topK: 5 },
    tenant.token,
  )
  await using bare = await startServer({ file: 'servers/bare-hono.ts', args: [JSON.stringify(sample)] })
  await using proxy = await startServer({
    file: 'servers/thin.ts',
    args: [tenant.place.indexHost, tenant.place.namespace],
    env: parts.settings,
  })
  await setFaults(parts, { latencyMs: storeLatencyMs })

  const rounds = quick ? 3 : 7
  const ask = async (via: QueryOrder['via'], callers: number) => {
    const order: QueryOrder = { via, callers, warmUpMs: quick ? 500 : 1500, measureMs: quick ? 2500 : 6000 }
    return (await app.ask(order)) as QueryResult
  }
  const ways = {
    direct: { sdk: { ...tenant.place, filter: narrowed(undefined, [], ['visibility']) } },
    routed: { router: { url: service.url, token: tenant.token } },
    // A hop by itself: what no router can be faster than.
    thin: { router: { url: proxy.url, token: tenant.token } },
    // The cost of a hop that does nothing.
    hop: { router: { url: bare.url, token: tenant.token } },
  } as const
  // A lone caller asks forty times a second, which is too seldom for the compiler to see to what is called.
  for (const via of Object.values(ways)) await ask(via, 32)
  const before = cpuSecondsOf(service.process.pid)
  const { all } = await ask(ways.routed, 32)
  const cpuUs = ((cpuSecondsOf(service.process.pid) - before) / all) * 1e6
  const half = callersOfHalfACore(cpuUs, storeLatencyMs)
  const rows: [string, string][] = [['processor time of the router, µs a query', cpuUs.toFixed(0)]]
  const goals: BenchResult['goals'][number][] = []
  for (const callers of [1, half]) {
    say(`${callers} caller${callers === 1 ? '' : 's'}, ${rounds} rounds`)
    const { direct, routed, thin } = await inTurn(rounds, {
      direct: () => ask(ways.direct, callers),
      routed: () => ask(ways.routed, callers),
      thin: () => ask(ways.thin, callers),
    })
    for (const [name, samples] of [
      ['SDK', direct],
      ['router', routed],
      ['thinnest proxy', thin],
    ] as const) {
      rows.push([`${callers} × ${name}, p50 ms`, show(spread(samples.map(({ p50Ms }) => p50Ms)))])
      rows.push([`${callers} × ${name}, p99 ms`, show(spread(samples.map(({ p99Ms }) => p99Ms)))])
    }
    for (const [what, limit, value] of [
      ['p50', 1.05, (sample: QueryResult) => sample.p50Ms],
      ['p99', 1.1, (sample: QueryResult) => sample.p99Ms],
    ] as const) {
      const each = ratios(routed, direct, value)
      rows.push([`${callers} × router / SDK, ${what}`, show(spread(each), 3)])
      const least = ratios(thin, direct, value)
      rows.push([`${callers} × thinnest proxy / SDK, ${what}`, show(spread(least), 3)])
      goals.push({ what: `${callers} × ${what} ratio`, value: median(each), limit, sense: 'at most' })
    }
  }
  const { hop } = await inTurn(rounds, { hop: () => ask(ways.hop, 1) })
  rows.push(['1 × a bare Hono route that parses the same body, p50 ms', show(spread(hop.map(({ p50Ms }) => p50Ms)))])
  return { bench: 'overhead', rows, goals }
}
