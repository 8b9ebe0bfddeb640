import { narrowed } from '../src/rag/checks/check-filter.ts'
import { adoptNamespaces } from './harness/adopt-namespaces.ts'
import { besideDirect, storeLatencyMs } from './harness/beside-direct.ts'
import { setFaults, startParts, startService } from './harness/parts.ts'
import { startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { sampleTenant } from './harness/sample-tenant.ts'
import { startThinProxy } from './harness/server.ts'

/**
 * The router's share of a query by the official SDK: through the vendor's dialect, with a token as the key, against the
 * same query straight to a store that takes 20 ms, with the filter that the router adds. Then the time in which
 * namespaces that others made are adopted.
 */
export async function door(options: BenchOptions): Promise<BenchResult> {
  const { quick, say } = options
  await using parts = await startParts({ pin: false })
  await using service = await startService(parts)
  const tenant = await sampleTenant(parts, service, 'door', 200)
  await using app = startProcess({ file: 'harness/query-process.ts' })
  await using proxy = await startThinProxy(parts, tenant.place)
  await setFaults(parts, { latencyMs: storeLatencyMs })

  const at = { namespace: '__default__', apiKey: tenant.token }
  const ways = {
    direct: { sdk: { ...tenant.place, filter: narrowed(undefined, [], ['visibility']) } },
    routed: { sdk: { indexHost: service.url, ...at } },
    thin: { sdk: { indexHost: proxy.url, ...at } },
  } as const
  const { rows, goals } = await besideDirect({ parts, service, app, ways, limits: { p50: 1.05 } }, options)
  const count = quick ? 1_000 : 10_000
  say(`adopt ${count} namespaces`)
  const adoptS = await adoptNamespaces(parts, service, count)
  rows.push([`adopt ${count} namespaces, s`, adoptS.toFixed(1)])
  goals.push({ what: `adopt ${count} namespaces, s`, value: adoptS, limit: 60, sense: 'at most' })
  return { bench: 'door', rows, goals }
}
