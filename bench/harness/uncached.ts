import { connect } from '../../src/db/connect.ts'
import { cpuSecondsOf } from './cpu-time.ts'
import type { LoadOrder, LoadRequest, LoadResult } from './load.ts'
import { uniqueMark } from './load.ts'
import { type Parts, startService } from './parts.ts'
import type { BenchProcess } from './process.ts'
import { type SampleTenant, sampleTenant, seededRandom, unitVector } from './sample-tenant.ts'
import { startServer } from './server.ts'

export type Span = Pick<LoadOrder, 'warmUpMs' | 'measureMs'>

export interface PerCore extends LoadResult {
  /** Requests in a second of the server's processor time; NaN where the system has no /proc. */
  readonly perCoreSecond: number
}

/** A closed loop of `connections` against one server, and what of a processor it took. */
export function measureServer(load: BenchProcess, connections: number) {
  return (server: BenchProcess, requests: readonly LoadRequest[]) =>
    async (span: Span): Promise<PerCore> => {
      const order: LoadOrder = { requests, connections, ...span }
      const [cpuBefore, startedAt] = [cpuSecondsOf(server.pid), performance.now()]
      const result = (await load.ask(order)) as LoadResult
      const busyCores = (cpuSecondsOf(server.pid) - cpuBefore) / ((performance.now() - startedAt) / 1000)
      return { ...result, perCoreSecond: result.requestsPerSecond / busyCores }
    }
}

/** Creates the tenant with a service that ends before the measurement begins. */
export async function onboardSample(parts: Parts, name: string): Promise<SampleTenant> {
  await using service = await startService(parts)
  return await sampleTenant(parts, service, name, 20, ['support', 'staff', 'managers'])
}

/** Replaces the tenant's index by a store that answers at once, with the real one's answer. */
export async function instantStore(parts: Parts, tenant: SampleTenant) {
  const { indexHost, namespace } = tenant.place
  const answer = await fetch(`${indexHost}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'api-key': 'bench', 'x-pinecone-api-version': '2025-10' },
    body: JSON.stringify({ vector: unitVector(seededRandom(3)), topK: 5, namespace, includeMetadata: true }),
  })
  const server = await startServer({ file: 'servers/instant-store.ts', args: [await answer.text()], core: 'rest' })
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  await database.sql`update indexes set host = ${server.url}`
  return server
}

export function post(url: string, token: string, body: unknown): LoadRequest {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return { url: `${url}/retrieve`, method: 'POST', headers, body: JSON.stringify(body) }
}

/** A vector whose first number differs in every request. */
export function queryByVector(url: string, token: string): LoadRequest {
  const request = post(url, token, { vector: unitVector(seededRandom(5)), topK: 5 })
  return { ...request, body: request.body.replace(/"vector":\[[^,]+/, `"vector":[0.${uniqueMark}`) }
}
