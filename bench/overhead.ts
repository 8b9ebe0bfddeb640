import { narrowed } from '../src/rag/checks/check-filter.ts'
import { besideDirect, storeLatencyMs } from './harness/beside-direct.ts'
import { call, setFaults, startParts, startService } from './harness/parts.ts'
import { startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn } from './harness/rounds.ts'
import { sampleTenant, seededRandom, unitVector } from './harness/sample-tenant.ts'
import { startServer, startThinProxy } from './harness/server.ts'
import { show, spread } from './harness/statistics.ts'

/**
 * The router's share of a query: `POST /retrieve` with a vector against the same query by the SDK, straight to a store
 * that takes 20 ms, with the filter that the router adds. Every vector differs, so nothing comes from the cache.
 */
export async function overhead(options: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: false })
  await using service = await startService(parts)
  const { token, place } = await sampleTenant(parts, service, 'overhead', 200)
  await using app = startProcess({ file: 'harness/query-process.ts' })
  const asked = { vector: unitVector(seededRandom(3)), topK: 5 }
  const sample = await call('POST', `${service.url}/retrieve`, asked, token)
  await using bare = await startServer({ file: 'servers/bare-hono.ts', args: [JSON.stringify(sample)] })
  await using proxy = await startThinProxy(parts, place)
  await setFaults(parts, { latencyMs: storeLatencyMs })

  const ways = {
    direct: { sdk: { ...place, filter: narrowed(undefined, [], ['visibility']) } },
    routed: { router: { url: service.url, token } },
    thin: { router: { url: proxy.url, token } },
  } as const
  const limits = { p50: 1.05, p99: 1.1 }
  const { rows, goals, ask } = await besideDirect({ parts, service, app, ways, limits }, options)
  const hopVia = { router: { url: bare.url, token } }
  await ask(hopVia, 32)
  const { hop } = await inTurn(options.quick ? 3 : 7, { hop: () => ask(hopVia, 1) })
  rows.push(['1 × a bare Hono route that parses the same body, p50 ms', show(spread(hop.map(({ p50Ms }) => p50Ms)))])
  return { bench: 'overhead', rows, goals }
}
