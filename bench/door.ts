import { narrowed } from '../src/rag/checks/check-filter.ts'
import { adoptNamespaces } from './harness/adopt-namespaces.ts'
import { cpuSecondsOf } from './harness/cpu-time.ts'
import { callersOfHalfACore } from './harness/half-load.ts'
import { setFaults, startParts, startService } from './harness/parts.ts'
import { startProcess } from './harness/process.ts'
import type { QueryOrder, QueryResult } from './harness/query-process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { sampleTenant } from './harness/sample-tenant.ts'
import { startServer } from './harness/server.ts'
import { median, show, spread } from './harness/statistics.ts'

const storeLatencyMs = 20

interface Asked extends QueryResult {
  /** Processor time of each process, in microseconds a query. */
  readonly cpuUs: Readonly<Record<'app' | 'router' | 'store', number>>
}

/**
 * The router's share of a query by the official SDK: through the vendor's dialect, with a token as the key, against the
 * same query straight to a store that takes 20 ms, with the filter that the router adds: by one caller, and by as many as
 * keep a core of the router half busy. App, router and store share the machine, so the processor time of each stands
 * beside the latency. Then the time in which namespaces that others made are adopted.
 */
export async function door({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: false })
  await using service = await startService(parts)
  const tenant = await sampleTenant(parts, service, 'door', 200)
  await using app = startProcess({ file: 'harness/query-process.ts' })
  await using proxy = await startServer({
    file: 'servers/thin.ts',
    args: [tenant.place.indexHost, tenant.place.namespace],
    env: parts.settings,
  })
  await setFaults(parts, { latencyMs: storeLatencyMs })

  const rounds = quick ? 3 : 7
  const ways = {
    direct: { sdk: { ...tenant.place, filter: narrowed(undefined, [], ['visibility']) } },
    routed: { sdk: { indexHost: service.url, namespace: '__default__', apiKey: tenant.token } },
    // A hop by itself: what no router can be faster than.
    thin: { sdk: { indexHost: proxy.url, namespace: '__default__', apiKey: tenant.token } },
  } as const
  const pids = { app: app.pid, router: service.process.pid, store: parts.storePid }
  const ask = async (via: QueryOrder['via'], callers: number): Promise<Asked> => {
    const order: QueryOrder = { via, callers, warmUpMs: quick ? 500 : 1500, measureMs: quick ? 2500 : 6000 }
    const before = Object.values(pids).map(cpuSecondsOf)
    const result = (await app.ask(order)) as QueryResult
    const [ofApp = 0, ofRouter = 0, ofStore = 0] = Object.values(pids).map((pid, at) => {
      return ((cpuSecondsOf(pid) - (before[at] ?? 0)) / result.all) * 1e6
    })
    return { ...result, cpuUs: { app: ofApp, router: ofRouter, store: ofStore } }
  }
  // A lone caller asks forty times a second, which is too seldom for the compiler to see to what is called.
  for (const via of Object.values(ways)) await ask(via, 32)
  const half = callersOfHalfACore((await ask(ways.routed, 32)).cpuUs.router, storeLatencyMs)
  const rows: [string, string][] = []
  const goals: BenchResult['goals'][number][] = []
  for (const callers of [1, half]) {
    say(`${callers} caller${callers === 1 ? '' : 's'}, ${rounds} rounds`)
    const { direct, routed, thin } = await inTurn(rounds, {
      direct: () => ask(ways.direct, callers),
      routed: () => ask(ways.routed, callers),
      thin: () => ask(ways.thin, callers),
    })
    for (const [name, samples] of [
      ['SDK to the store', direct],
      ['SDK through the door', routed],
      ['SDK through the thinnest proxy', thin],
    ] as const) {
      rows.push([`${callers} × ${name}, p50 ms`, show(spread(samples.map(({ p50Ms }) => p50Ms)))])
      rows.push([`${callers} × ${name}, p99 ms`, show(spread(samples.map(({ p99Ms }) => p99Ms)))])
    }
    const cpu = (samples: readonly Asked[]) =>
      (['app', 'router', 'store'] as const).map((part) => median(samples.map(({ cpuUs }) => cpuUs[part])).toFixed(0))
    rows.push([
      `${callers} × SDK to the store, µs of processor time a query: app, router, store`,
      cpu(direct).join(', '),
    ])
    rows.push([`${callers} × the same through the door`, cpu(routed).join(', ')])
    const each = ratios(routed, direct, ({ p50Ms }: QueryResult) => p50Ms)
    const least = ratios(thin, direct, ({ p50Ms }: QueryResult) => p50Ms)
    rows.push([`${callers} × door / store, p50`, show(spread(each), 3)])
    rows.push([`${callers} × thinnest proxy / store, p50`, show(spread(least), 3)])
    goals.push({ what: `${callers} × p50 ratio`, value: median(each), limit: 1.05, sense: 'at most' })
  }
  const count = quick ? 1_000 : 10_000
  say(`adopt ${count} namespaces`)
  const adoptS = await adoptNamespaces(parts, service, count)
  rows.push([`adopt ${count} namespaces, s`, adoptS.toFixed(1)])
  goals.push({ what: `adopt ${count} namespaces, s`, value: adoptS, limit: 60, sense: 'at most' })
  return { bench: 'door', rows, goals }
}
