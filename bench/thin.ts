import { startParts, startService } from './harness/parts.ts'
import { pinned, startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios, untilSteady } from './harness/rounds.ts'
import { startThinProxy } from './harness/server.ts'
import { median, show, spread } from './harness/statistics.ts'
import { instantStore, measureServer, onboardSample, type PerCore, queryByVector } from './harness/uncached.ts'

const connections = 32

/**
 * The price of isolation, limits, visibility and metrics: uncached `/retrieve` with a vector against the thinnest
 * honest proxy (bench/servers/thin.ts), in front of a store that answers at once.
 */
export async function thin({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: true })
  const tenant = await onboardSample(parts, 'thin')
  await using instant = await instantStore(parts, tenant)
  await using service = await startService(parts)
  const place = { ...tenant.place, indexHost: instant.url }
  await using proxy = await startThinProxy(parts, place, 'server')
  await using load = startProcess({ file: 'harness/load-process.ts', core: 'rest' })
  const measure = measureServer(load, connections)
  const subjects = {
    router: measure(service.process, [queryByVector(service.url, tenant.token)]),
    proxy: measure(proxy.process, [queryByVector(proxy.url, tenant.token)]),
  }
  say(`${connections} connections, until their rates are steady`)
  for (const subject of Object.values(subjects)) {
    await untilSteady(async () => (await subject({ warmUpMs: 0, measureMs: 1000 })).requestsPerSecond)
  }
  const rounds = quick ? 3 : 7
  const times = quick ? { warmUpMs: 700, measureMs: 1800 } : { warmUpMs: 2000, measureMs: 5000 }
  say(`${rounds} rounds`)
  const measured = await inTurn(rounds, {
    router: () => subjects.router(times),
    proxy: () => subjects.proxy(times),
  })
  const rows: [string, string][] = []
  for (const [key, name] of [
    ['router', '/retrieve with a vector, uncached'],
    ['proxy', 'the thinnest proxy, same bodies'],
  ] as const) {
    const samples = measured[key]
    rows.push([`${name}, requests/s`, show(spread(samples.map(({ requestsPerSecond }) => requestsPerSecond)), 0)])
    rows.push([`${name}, p99 ms`, show(spread(samples.map(({ p99Ms }) => p99Ms)))])
    rows.push([`${name}, requests per second of its core`, show(spread(samples.map(perCore)), 0)])
    rows.push([`${name}, µs of processor time a request`, show(spread(samples.map(cpuUs)), 0)])
  }
  const rates = ratios(measured.router, measured.proxy, perCore)
  const costs = ratios(measured.router, measured.proxy, cpuUs)
  rows.push(['router / thinnest proxy, requests per second of a core', show(spread(rates), 3)])
  rows.push(['router / thinnest proxy, processor time a request', show(spread(costs), 3)])
  return {
    bench: 'thin',
    note: pinned
      ? 'the server on a core of its own, load, store and Postgres on the rest'
      : 'processes not pinned to cores',
    rows,
    goals: [
      { what: 'requests per second of a core', value: median(rates), limit: 0.85, sense: 'at least' },
      { what: 'processor time a request', value: median(costs), limit: 1.2, sense: 'at most' },
    ],
  }
}

const perCore = ({ perCoreSecond }: PerCore) => perCoreSecond
const cpuUs = ({ perCoreSecond }: PerCore) => 1e6 / perCoreSecond
