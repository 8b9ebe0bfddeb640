import type { LoadRequest } from './harness/load.ts'
import { call, startParts, startService } from './harness/parts.ts'
import { type BenchProcess, pinned, startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult, CurvePoint } from './harness/report.ts'
import { untilSteady } from './harness/rounds.ts'
import { startServer, startThinProxy } from './harness/server.ts'
import { median } from './harness/statistics.ts'
import { instantStore, measureServer, onboardSample, type PerCore, post, queryByVector } from './harness/uncached.ts'

/** Connections of a closed loop, from a caller alone to far more than a core can serve. */
const ladder = [1, 2, 4, 8, 16, 32, 64, 128]

/** Tails that a service may promise, p99 in ms. */
const tails = [5, 10, 50, 100]

interface Subject {
  readonly name: string
  readonly process: BenchProcess
  readonly requests: readonly LoadRequest[]
}

/**
 * The most requests a second at a tail that still holds: `/retrieve` from the cache beside bare Hono, and uncached beside
 * the thinnest honest proxy (bench/servers/thin.ts), in front of a store that answers at once.
 */
export async function frontier({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: true })
  const tenant = await onboardSample(parts, 'frontier')
  await using instant = await instantStore(parts, tenant)
  await using service = await startService(parts)
  const byText = (url: string) => [post(url, tenant.token, { query: 'how long may I pay by invoice?', topK: 5 })]
  const sample = await call('POST', `${service.url}/retrieve`, { query: 'a sample', topK: 5 }, tenant.token)
  await using bare = await startServer({ file: 'servers/bare-hono.ts', args: [JSON.stringify(sample)], core: 'server' })
  await using proxy = await startThinProxy(parts, { ...tenant.place, indexHost: instant.url }, 'server')
  await using load = startProcess({ file: 'harness/load-process.ts', core: 'rest' })
  const byVector = (url: string) => [queryByVector(url, tenant.token)]
  const subjects: readonly Subject[] = [
    { name: 'bare Hono', process: bare.process, requests: byText(bare.url) },
    { name: '/retrieve from the cache', process: service.process, requests: byText(service.url) },
    { name: 'the thinnest proxy', process: proxy.process, requests: byVector(proxy.url) },
    { name: '/retrieve uncached', process: service.process, requests: byVector(service.url) },
  ]
  const steps = new Map<Subject, CurvePoint[]>()
  for (const subject of subjects) {
    say(`${subject.name}, until its rate is steady`)
    await untilSteady(async () => (await once(subject, 32, 1000)).requestsPerSecond)
    steps.set(subject, [])
  }
  for (const connections of ladder) {
    say(`${connections} ${connections === 1 ? 'connection' : 'connections'}`)
    for (const [subject, points] of steps) {
      const rounds: PerCore[] = []
      for (let round = 0; round < (quick ? 1 : 3); round += 1)
        rounds.push(await once(subject, connections, quick ? 1000 : 3000))
      const of = (value: (round: PerCore) => number) => median(rounds.map(value))
      points.push({ p99Ms: of(({ p99Ms }) => p99Ms), perSecond: of(({ requestsPerSecond }) => requestsPerSecond) })
    }
  }

  function once({ process, requests }: Subject, connections: number, measureMs: number) {
    return measureServer(load, connections)(process, requests)({ warmUpMs: measureMs / 5, measureMs })
  }

  const curves = Object.fromEntries([...steps].map(([{ name }, points]) => [name, points]))
  const most = (name: string, tail: number) => mostWithin(curves[name] ?? [], tail)
  return {
    bench: 'frontier',
    note: pinned
      ? 'the server on a core of its own, load, store and Postgres on the rest; 0 where no number of connections holds the tail'
      : 'processes not pinned to cores',
    rows: tails.flatMap((tail) =>
      subjects.map(({ name }) => [`p99 at most ${tail} ms: ${name}, requests/s`, most(name, tail).toFixed(0)] as const),
    ),
    // Tails that depend on the machine decide nothing: the ratio of the widest does.
    goals: [
      ratio('cached / bare Hono within 50 ms', most('/retrieve from the cache', 50), most('bare Hono', 50), 0.75),
      ratio(
        'uncached / thinnest proxy within 50 ms',
        most('/retrieve uncached', 50),
        most('the thinnest proxy', 50),
        0.85,
      ),
    ],
    curves,
  }
}

function mostWithin(points: readonly CurvePoint[], tail: number): number {
  return Math.max(0, ...points.filter(({ p99Ms }) => p99Ms <= tail).map(({ perSecond }) => perSecond))
}

function ratio(what: string, of: number, by: number, limit: number) {
  return { what, value: of / by, limit, sense: 'at least' } as const
}
