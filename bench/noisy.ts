import { setTimeout } from 'node:timers/promises'
import { connect } from '../src/db/connect.ts'
import type { LoadOrder, LoadRequest, LoadResult } from './harness/load.ts'
import { uniqueMark } from './harness/load.ts'
import { call, type Parts, startParts, startService } from './harness/parts.ts'
import { startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { type SampleTenant, sampleTenant, seededRandom, unitVector } from './harness/sample-tenant.ts'
import { startServer } from './harness/server.ts'
import { median, show, spread } from './harness/statistics.ts'

const latencyMs = 20
const noisyConnections = 64
/** Concurrent requests that the noisy tenant's plan allows; its other requests wait. */
const sharesOfNoisy = { held: 8, free: 1000 }

/**
 * The effect of a noisy tenant on a quiet one on the same replica: the quiet one's p99 alone, beside a tenant of 64
 * connections limited to eight concurrent requests, and beside the same one without such a limit. Uncached retrieves,
 * store at 20 ms.
 */
export async function noisy({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: true })
  const { quiet, loud } = await onboard(parts)
  await using _store = await slowStore(parts)
  await using service = await startService(parts)
  await using quietLoad = startProcess({ file: 'harness/load-process.ts', core: 'rest' })
  await using loudLoad = startProcess({ file: 'harness/load-process.ts', core: 'rest' })
  const staff = await parts.issuer.staffToken()
  const times = { warmUpMs: quick ? 500 : 1500, measureMs: quick ? 2000 : 6000 }

  const alone = async (): Promise<LoadResult> => {
    const order: LoadOrder = { requests: [retrieve(service.url, quiet, 5)], connections: 2, ...times }
    return (await quietLoad.ask(order)) as LoadResult
  }
  const beside = (share: number) => async () => {
    const limits = { concurrentRequests: share }
    await call('PATCH', `${service.adminUrl}/tenants/loud`, { limits }, staff)
    await setTimeout(200) // the replica hears of it
    const order = { requests: [retrieve(service.url, loud, 20)], connections: noisyConnections, ...times }
    const [result, noise] = await Promise.all([alone(), loudLoad.ask({ ...order, measureMs: times.measureMs + 300 })])
    return { ...result, noisePerSecond: (noise as LoadResult).requestsPerSecond }
  }
  const rounds = quick ? 3 : 7
  say(`2 connections beside ${noisyConnections}, store at ${latencyMs} ms, ${rounds} rounds`)
  const measured = await inTurn(rounds, {
    alone: async () => ({ ...(await alone()), noisePerSecond: 0 }),
    held: beside(sharesOfNoisy.held),
    free: beside(sharesOfNoisy.free),
  })
  const names = {
    alone: 'quiet tenant alone',
    held: `beside a noisy one, ${sharesOfNoisy.held} at once`,
    free: 'beside a noisy one without that limit',
  } as const
  const p99 = ({ p99Ms }: LoadResult) => p99Ms
  const rows: [string, string][] = []
  for (const [key, name] of Object.entries(names) as [keyof typeof names, string][]) {
    rows.push([`${name}, p50 ms`, show(spread(measured[key].map(({ p50Ms }) => p50Ms)))])
    rows.push([`${name}, p99 ms`, show(spread(measured[key].map(p99)))])
    if (key === 'alone') continue
    rows.push([
      `${name}: the noisy one's requests/s`,
      show(spread(measured[key].map(({ noisePerSecond }) => noisePerSecond)), 0),
    ])
  }
  const held = ratios(measured.held, measured.alone, p99)
  const free = ratios(measured.free, measured.alone, p99)
  rows.push(['p99 held / alone', show(spread(held), 3)], ['p99 without the limit / alone', show(spread(free), 3)])
  return {
    bench: 'noisy',
    rows,
    goals: [{ what: 'p99 beside a noisy tenant / alone', value: median(held), limit: 1.5, sense: 'at most' }],
  }
}

/** Creates the tenants with a service that ends before the measurement begins. */
async function onboard(parts: Parts): Promise<{ readonly quiet: SampleTenant; readonly loud: SampleTenant }> {
  await using service = await startService(parts)
  const quiet = await sampleTenant(parts, service, 'quiet', 20)
  return { quiet, loud: await sampleTenant(parts, service, 'loud', 20) }
}

/** A store that only waits instead of the tenants' index: the tenants share the service and nothing else. */
async function slowStore(parts: Parts): Promise<AsyncDisposable> {
  const match = { id: 'v-1', score: 0.5, values: [], metadata: { text: 'A passage.' } }
  const answer = JSON.stringify({ matches: [match], namespace: '', usage: { readUnits: 1 } })
  const args = [answer, String(latencyMs)]
  const server = await startServer({ file: 'servers/instant-store.ts', args, core: 'rest' })
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  await database.sql`update indexes set host = ${server.url}`
  return server
}

/** A vector whose first number differs in every request, so that no cache knows it. */
function retrieve(url: string, { token }: SampleTenant, topK: number): LoadRequest {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const body = JSON.stringify({ vector: unitVector(seededRandom(5)), topK })
  return {
    url: `${url}/retrieve`,
    method: 'POST',
    headers,
    body: body.replace(/"vector":\[[^,]+/, `"vector":[0.${uniqueMark}`),
  }
}
