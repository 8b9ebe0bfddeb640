import { connect } from '../src/db/connect.ts'
import type { Placement } from '../src/placement/placement.ts'
import { parseTenantId } from '../src/placement/tenant-id.ts'
import { checkOnboarded } from './harness/check-onboarded.ts'
import type { OnboardOrder, OnboardResult } from './harness/onboard-process.ts'
import { type Parts, startParts } from './harness/parts.ts'
import { type BenchProcess, startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { median, show, spread } from './harness/statistics.ts'

const shards = 10
const replicas = 2
const callersEach = 8
const leastRatio = 0.4
/** Time for onboarding alone; the warm-up tells how many tenants fit. */
const budgetS = 150

interface Sample {
  readonly perSecond: number
  readonly cpuMsEach: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/**
 * Onboarding by 16 callers over two replicas, each a process with its own pool, into shared indexes that fill up one
 * after the other, against single-row inserts into a table with only a key, by the same callers over the same
 * connections. Every commit of Postgres and of the store is durable. The callers use the verb that `POST /tenants`
 * calls. The store's part is measured alone too.
 */
export async function onboard({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: false })
  await using stack = new AsyncDisposableStack()
  const processes = Array.from({ length: replicas }, () =>
    stack.use(startProcess({ file: 'harness/onboard-process.ts', args: [parts.databaseUrl, parts.storeUrl] })),
  )
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  await database.sql`create table bare (id text primary key, name text not null)`
  const load = counted(processes)

  const warmUp = quick ? 400 : 4_000
  await load(warmUp, { kind: 'insert' })
  const warm = await load(warmUp, { kind: 'onboard', namespaceLimit: warmUp })
  await load(warmUp, { kind: 'namespaces', into: await emptyIndex(parts) })

  const rounds = quick ? 4 : 10
  const step = rounds * replicas * shards
  const wanted = quick ? 4_000 : 100_000
  const fit = Math.floor((warm.perSecond * budgetS) / step) * step
  const total = Math.max(step, Math.min(wanted, fit))
  const into = await emptyIndex(parts)
  say(`${total} tenants in ${rounds} rounds`)
  const { inserted, onboarded, made } = await inTurn(rounds, {
    inserted: () => load(total / rounds, { kind: 'insert' }),
    onboarded: () => load(total / rounds, { kind: 'onboard', namespaceLimit: total / shards }),
    made: () => load(total / rounds, { kind: 'namespaces', into }),
  })
  say('comparing the registry with the store')
  const found = await checkOnboarded(database.sql, warmUp + total, ['bare-1', 'bare-2'], parts.storeUrl)

  const ratio = ratios(onboarded, inserted, ({ perSecond }) => perSecond)
  const storeRatio = ratios(made, inserted, ({ perSecond }) => perSecond)
  const rows: [string, string][] = []
  for (const [name, samples] of [
    ['single-row inserts', inserted],
    ['namespaces in the store alone', made],
    ['tenants onboarded', onboarded],
  ] as const) {
    const of = (value: (sample: Sample) => number) => spread(samples.map(value))
    rows.push([
      `${name}, per second`,
      show(
        of((one) => one.perSecond),
        0,
      ),
    ])
    rows.push([`${name}, p50 ms`, show(of((one) => one.p50Ms))])
    rows.push([`${name}, p99 ms`, show(of((one) => one.p99Ms))])
    rows.push([
      `${name}, ms of a replica's processor each`,
      show(
        of((one) => one.cpuMsEach),
        3,
      ),
    ])
  }
  rows.push(['onboarded / inserted', show(spread(ratio), 3)])
  rows.push(['namespaces in the store alone / inserted', show(spread(storeRatio), 3)])
  rows.push(['tenants, each with one active place that is in the store', String(found.tenants)])
  rows.push(['shared indexes filled (one of them by the warm-up)', String(found.indexes)])
  return {
    bench: 'onboard',
    note: noteOf(total, wanted, median(ratio), median(storeRatio)),
    rows,
    goals: [
      { what: 'onboarded / inserted', value: median(ratio), limit: leastRatio, sense: 'at least' },
      { what: 'fullest index / its limit', value: found.fullest, limit: 1, sense: 'at most' },
    ],
  }
}

function noteOf(total: number, wanted: number, ratio: number, storeRatio: number): string {
  const size = total < wanted ? `${total} tenants instead of ${wanted}, to fit ${budgetS} s` : `${total} tenants`
  if (ratio >= leastRatio) return size
  return `${size}; the goal is missed because an onboarding is two durable commits that write seven rows, and between them a request to the store, which must not overlap them (nothing may exist without its cleanup row): the store by itself makes ${storeRatio.toFixed(2)} × as many namespaces as rows are inserted, and all parts share the processors`
}

type Kind<Order> = Order extends unknown ? Omit<Order, 'from' | 'count' | 'callers'> : never

/** Runs both replicas at once, with fresh numbers. */
function counted(processes: readonly BenchProcess[]) {
  let next = 0
  return async (count: number, kind: Kind<OnboardOrder>): Promise<Sample> => {
    const each = count / processes.length
    const results = await Promise.all(
      processes.map((process) => {
        const from = next
        next += each
        return process.ask({ ...kind, from, count: each, callers: callersEach }) as Promise<OnboardResult>
      }),
    )
    const mean = (value: (result: OnboardResult) => number) =>
      results.reduce((sum, result) => sum + value(result), 0) / results.length
    return {
      perSecond: count / Math.max(...results.map(({ seconds }) => seconds)),
      cpuMsEach: (mean(({ cpuSeconds }) => cpuSeconds) / each) * 1000,
      p50Ms: mean(({ p50Ms }) => p50Ms),
      p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
    }
  }
}

let emptyIndexes = 0

/** An index that the registry does not know. */
async function emptyIndex({ storeUrl }: Parts): Promise<Placement> {
  const name = `bare-${++emptyIndexes}`
  const response = await fetch(`${storeUrl}/indexes`, {
    method: 'POST',
    headers: { 'api-key': 'bench', 'content-type': 'application/json', 'x-pinecone-api-version': '2025-10' },
    body: JSON.stringify({
      name,
      dimension: 4,
      metric: 'cosine',
      spec: { serverless: { cloud: 'aws', region: 'us-east-1' } },
    }),
  })
  const { host } = (await response.json()) as { host?: string }
  if (host === undefined) throw new Error(`the store made no index ${name}`)
  return {
    placeId: 0,
    tenantId: parseTenantId('bare'),
    project: 'default',
    indexName: name,
    indexHost: host,
    namespace: '',
    generation: 1,
    kind: 'pool',
    vectors: { model: 'bench', dimension: 4, metric: 'cosine' },
  }
}
