import { cpuSecondsOf } from './cpu-time.ts'
import type { Parts, Service } from './parts.ts'
import type { BenchProcess } from './process.ts'
import type { QueryOrder, QueryResult } from './query-process.ts'
import type { BenchOptions, Goal } from './report.ts'
import { inTurn, ratios } from './rounds.ts'
import { median, show, spread } from './statistics.ts'

export const storeLatencyMs = 20

type Via = QueryOrder['via']

interface Asked extends QueryResult {
  /** Processor time of each process, in microseconds a query. */
  readonly cpuUs: Readonly<Record<'app' | 'router' | 'store', number>>
}

interface BesideDirect {
  readonly parts: Parts
  readonly service: Service
  /** The querying app. */
  readonly app: BenchProcess
  /** The same query straight to the store, through the router, and through a hop that does nothing else. */
  readonly ways: Readonly<Record<'direct' | 'routed' | 'thin', Via>>
  /** At most so many times the direct latency. */
  readonly limits: { readonly p50: number; readonly p99?: number }
}

export interface Beside {
  readonly rows: [string, string][]
  readonly goals: Goal[]
  ask(via: Via, callers: number): Promise<Asked>
}

/**
 * Queries in three ways, by one caller and by as many as keep a core of the router half busy. App, router and store share
 * the machine, so the processor time of each stands beside the latency; no router can be faster than the thinnest proxy.
 */
export async function besideDirect(
  { parts, service, app, ways, limits }: BesideDirect,
  { quick, say }: BenchOptions,
): Promise<Beside> {
  const pids = { app: app.pid, router: service.process.pid, store: parts.storePid }
  const ask = async (via: Via, callers: number): Promise<Asked> => {
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
  const half = callersOfHalfACore((await ask(ways.routed, 32)).cpuUs.router)
  const rounds = quick ? 3 : 7
  const rows: [string, string][] = []
  const goals: Goal[] = []
  for (const callers of [1, half]) {
    say(`${callers} caller${callers === 1 ? '' : 's'}, ${rounds} rounds`)
    const samples = await inTurn(rounds, {
      direct: () => ask(ways.direct, callers),
      routed: () => ask(ways.routed, callers),
      thin: () => ask(ways.thin, callers),
    })
    for (const [way, name] of Object.entries(nameOf) as [keyof typeof nameOf, string][]) {
      rows.push([`${callers} × ${name}, p50 ms`, show(spread(samples[way].map(({ p50Ms }) => p50Ms)))])
      rows.push([`${callers} × ${name}, p99 ms`, show(spread(samples[way].map(({ p99Ms }) => p99Ms)))])
    }
    for (const way of ['direct', 'routed'] as const) {
      const each = (['app', 'router', 'store'] as const).map((part) =>
        median(samples[way].map((one) => one.cpuUs[part])),
      )
      const what = `${callers} × ${nameOf[way]}, µs of processor time a query: app, router, store`
      rows.push([what, each.map((us) => us.toFixed(0)).join(', ')])
    }
    for (const [what, value] of [
      ['p50', (sample: Asked) => sample.p50Ms],
      ['p99', (sample: Asked) => sample.p99Ms],
    ] as const) {
      const each = ratios(samples.routed, samples.direct, value)
      rows.push([`${callers} × router / store, ${what}`, show(spread(each), 3)])
      rows.push([
        `${callers} × thinnest proxy / store, ${what}`,
        show(spread(ratios(samples.thin, samples.direct, value)), 3),
      ])
      const limit = limits[what]
      if (limit !== undefined) {
        goals.push({ what: `${callers} × ${what} ratio`, value: median(each), limit, sense: 'at most' })
      }
    }
  }
  return { rows, goals, ask }
}

const nameOf = {
  direct: 'straight to the store',
  routed: 'through the router',
  thin: 'through the thinnest proxy',
} as const

/**
 * Concurrent callers, each sending its next query when its last one is answered, that keep a core of the router half
 * busy: on a slow machine they are fewer, so that slow and fast machines measure the same thing.
 *
 * @param cpuUs the router's processor time a query, in µs. NaN (no /proc): 8 callers.
 */
function callersOfHalfACore(cpuUs: number): number {
  if (Number.isNaN(cpuUs)) return 8
  return Math.max(2, Math.round((0.5 * storeLatencyMs * 1000) / cpuUs))
}
