import { fillRegistry } from './harness/fill-registry.ts'
import { type LoadOrder, type LoadRequest, type LoadResult, uniqueMark } from './harness/load.ts'
import { call, type Parts, type Service, startParts, startService } from './harness/parts.ts'
import { type BenchProcess, startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { type SampleTenant, sampleTenant, seededRandom, unitVector } from './harness/sample-tenant.ts'
import { median, quantile, show, spread } from './harness/statistics.ts'

/** Tenants that send requests, among all the others in the registry and in the store. */
const asking = 60
const connections = 4

interface World {
  readonly parts: Parts
  readonly tenants: readonly SampleTenant[]
}

interface Sample {
  readonly firstP50Ms: number
  readonly warm: LoadResult
}

/**
 * A `/retrieve` with a vector, past the cache, with few tenants and namespaces and with many: two worlds side by side,
 * measured in turn. Each round has a replica that has not seen the tenants, so the first request of each reads its
 * route from Postgres.
 */
export async function scale({ quick, say }: BenchOptions): Promise<BenchResult> {
  const many = quick ? { tenants: 100_000, namespaces: 2_000 } : { tenants: 1_000_000, namespaces: 100_000 }
  const few = { tenants: 1_000, namespaces: 100 }
  await using fewParts = await startParts({ pin: false })
  await using manyParts = await startParts({ pin: false })
  const small = await fill(fewParts, few, say)
  const large = await fill(manyParts, many, say)
  await using load = startProcess({ file: 'harness/load-process.ts' })
  const rounds = quick ? 4 : 8
  say(`${asking} tenants ask, ${rounds} rounds`)
  const samples = await inTurn(rounds, {
    few: () => measure(small, load, quick),
    many: () => measure(large, load, quick),
  })
  const name = { few: words(few), many: words(many) }
  const rows = (['few', 'many'] as const).flatMap((world): [string, string][] => [
    [`${name[world]}: p50 ms`, show(spread(samples[world].map(({ warm }) => warm.p50Ms)))],
    [`${name[world]}: p99 ms`, show(spread(samples[world].map(({ warm }) => warm.p99Ms)))],
    [`${name[world]}: first request of a tenant, p50 ms`, show(spread(samples[world].map((one) => one.firstP50Ms)))],
  ])
  const p50 = ratios(samples.many, samples.few, ({ warm }) => warm.p50Ms)
  const first = ratios(samples.many, samples.few, ({ firstP50Ms }) => firstP50Ms)
  rows.push(['many / few, p50', show(spread(p50), 3)], ['many / few, first request p50', show(spread(first), 3)])
  return {
    bench: 'scale',
    rows,
    goals: [
      { what: 'many / few, p50', value: median(p50), limit: 1.1, sense: 'at most' },
      { what: 'many / few, first request p50', value: median(first), limit: 1.1, sense: 'at most' },
    ],
  }
}

function words({ tenants, namespaces }: { readonly tenants: number; readonly namespaces: number }): string {
  return `${tenants.toLocaleString('en')} tenants, ${namespaces.toLocaleString('en')} namespaces`
}

async function fill(
  parts: Parts,
  size: { readonly tenants: number; readonly namespaces: number },
  say: BenchOptions['say'],
): Promise<World> {
  say(words(size))
  await using service = await startService(parts)
  const tenants: SampleTenant[] = []
  for (let n = 0; n < asking; n += 1) tenants.push(await sampleTenant(parts, service, `asks-${n}`, 20))
  const host = tenants[0]?.place.indexHost ?? ''
  const startedAt = performance.now()
  const took = () => `after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`
  await fillStore(host, size.namespaces - asking)
  say(`the store is filled ${took()}`)
  await fillRegistry(parts.databaseUrl, size.tenants - asking)
  say(`the registry is filled ${took()}`)
  return { parts, tenants }
}

/** Additional namespaces beside those of the asking tenants, each with two records of short numbers: many are quick to send. */
async function fillStore(host: string, namespaces: number): Promise<void> {
  const random = seededRandom(13)
  const short = () => unitVector(random).map((value) => Number(value.toFixed(2)))
  const vectors = JSON.stringify(Array.from({ length: 2 }, (_, n) => ({ id: `v-${n}`, values: short() })))
  const queue = Array.from({ length: namespaces }, (_, n) => n).values()
  const fillSome = async () => {
    for (const n of queue) {
      const response = await fetch(`${host}/vectors/upsert`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'api-key': 'bench', 'x-pinecone-api-version': '2025-10' },
        body: `{"namespace":"neighbour-${n}","vectors":${vectors}}`,
      })
      if (!response.ok) throw new Error(`the store answered ${response.status}: ${await response.text()}`)
      await response.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: 8 }, fillSome))
}

async function measure({ parts, tenants }: World, load: BenchProcess, quick: boolean): Promise<Sample> {
  await using service = await startService(parts)
  // The first request compiles and connects, which is not measured.
  const [warm, ...others] = tenants
  if (warm === undefined) throw new RangeError('there are tenants that ask')
  for (let n = 0; n < 50; n += 1) await ask(service, warm, n)
  const first: number[] = []
  for (const [n, tenant] of others.entries()) first.push(await ask(service, tenant, n))
  const order: LoadOrder = {
    requests: tenants.map((tenant) => request(service, tenant)),
    connections,
    warmUpMs: quick ? 700 : 1500,
    measureMs: quick ? 1500 : 4000,
  }
  return { firstP50Ms: quantile(first, 0.5), warm: (await load.ask(order)) as LoadResult }
}

async function ask(service: Service, tenant: SampleTenant, n: number): Promise<number> {
  const vector = [n / 1e6, ...base.slice(1)]
  const sentAt = performance.now()
  await call('POST', `${service.url}/retrieve`, { vector, topK: 5 }, tenant.token)
  return performance.now() - sentAt
}

const base = unitVector(seededRandom(5))

/** A vector whose first number differs in every request. */
function request(service: Service, tenant: SampleTenant): LoadRequest {
  const body = JSON.stringify({ vector: base, topK: 5 }).replace(/"vector":\[[^,]+/, `"vector":[0.${uniqueMark}`)
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${tenant.token}` }
  return { url: `${service.url}/retrieve`, method: 'POST', headers, body }
}
