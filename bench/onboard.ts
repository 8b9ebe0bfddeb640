import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../src/db/connect.ts'
import { checkOnboarded } from './harness/check-onboarded.ts'
import { cpuSecondsOf } from './harness/cpu-time.ts'
import { call, type Parts, type Service, setFaults, startParts, startService } from './harness/parts.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { seededRandom, unitVector } from './harness/sample-tenant.ts'
import { median, show, spread } from './harness/statistics.ts'

/**
 * The vendor's documented limits of an index, with a second's worth at once: read units of queries (a query of a small
 * namespace takes a quarter of one), and requests that fetch, list or count. None is documented for making namespaces.
 * Source: Pinecone's page "Rate limits".
 */
const readUnitsPerSecond = 2_000
const readUnitsAQuery = 0.25
const queriesPerSecond = readUnitsPerSecond / readUnitsAQuery
const limits = [
  { fault: 'rateLimit', on: 'query', perSecond: queriesPerSecond },
  { fault: 'rateLimit', on: 'fetch', perSecond: 100 },
  { fault: 'rateLimit', on: 'list', perSecond: 200 },
  { fault: 'rateLimit', on: 'stats', perSecond: 100 },
] as const
const latencyMs = 20
const callers = 64
const mostTimesTheLimits = 1.2

interface Sample {
  readonly diffS: number
  readonly applyS: number
  /** From the table's upload until the last tenant's first answered query. */
  readonly totalS: number
  /** Queries that were refused because the tenant was not set up yet. */
  readonly refused: number
  readonly serviceMsEach: number
}

/**
 * A table of new tenants, from its upload until each of them had its first query answered: the diff, the one
 * transaction of the rows, the namespaces made after it, and the apps, which begin to ask when the table is applied and
 * ask again while they are refused. Two replicas; a store at 20 ms with the vendor's documented rate limits on.
 */
export async function onboard({ quick, say }: BenchOptions): Promise<BenchResult> {
  const [size, rounds] = quick ? [1_000, 2] : [10_000, 3]
  await using parts = await startParts({ pin: false })
  await using one = await startService(parts, { POOL_NAMESPACE_LIMIT: String(size) })
  await using two = await startService(parts, { POOL_NAMESPACE_LIMIT: String(size) })
  const services = [one, two]
  await setFaults(parts, { latencyMs, rules: limits })
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round += 1) {
    say(`${size.toLocaleString('en')} tenants, round ${round + 1} of ${rounds}`)
    samples.push(await importAll(parts, services, round, size))
  }
  await setFaults(parts, {})
  say('comparing the registry with the store')
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  const found = await checkOnboarded(database.sql, size * rounds, [], parts.storeUrl)
  const allowedS = size / queriesPerSecond
  const of = (value: (sample: Sample) => number) => spread(samples.map(value))
  const ratio = samples.map(({ totalS }) => totalS / allowedS)
  return {
    bench: 'onboard',
    note: `${size.toLocaleString('en')} tenants a round; of the vendor's documented limits only the read units of queries bear on it, and they would allow ${allowedS.toFixed(2)} s: beyond that the processors decide, which here serve two replicas, their apps, Postgres and the store`,
    rows: [
      ['the diff, s', show(of(({ diffS }) => diffS))],
      ['the rows, in one transaction, s', show(of(({ applyS }) => applyS))],
      ["from the table to the last tenant's first answer, s", show(of(({ totalS }) => totalS))],
      [
        'the same, tenants a second',
        show(
          of(({ totalS }) => size / totalS),
          0,
        ),
      ],
      [
        'queries refused while a tenant was set up',
        show(
          of(({ refused }) => refused),
          0,
        ),
      ],
      [
        "ms of the replicas' processors a tenant",
        show(
          of(({ serviceMsEach }) => serviceMsEach),
          3,
        ),
      ],
      ['tenants, each with one active place that is in the store', String(found.tenants)],
      ['shared indexes filled', String(found.indexes)],
    ],
    goals: [
      {
        what: "time / what the vendor's limits allow",
        value: median(ratio),
        limit: mostTimesTheLimits,
        sense: 'at most',
      },
      { what: 'fullest index / its limit', value: found.fullest, limit: 1, sense: 'at most' },
    ],
  }
}

async function importAll(parts: Parts, services: readonly Service[], round: number, size: number): Promise<Sample> {
  const ids = Array.from({ length: size }, (_, n) => `t-${round}-${String(n).padStart(5, '0')}`)
  const tokens = new Map<string, string>()
  for (const id of ids) tokens.set(id, await parts.issuer.tenantToken(id))
  const text = `id,name,tier,owner\n${ids.map((id) => `${id},Tenant ${id},standard,Sam Reed`).join('\n')}\n`
  const staff = await parts.issuer.staffToken()
  const adminUrl = services[0]?.adminUrl ?? ''
  const cpuBefore = cpuOf(services)
  const startedAt = performance.now()
  const dryRun = `${adminUrl}/tenants/import?dryRun=true`
  const preview = (await call('POST', dryRun, { text, name: 'accounts.csv' }, staff)) as { readonly id: string }
  const previewedAt = performance.now()
  await call('POST', `${adminUrl}/imports/${preview.id}/apply`, undefined, staff)
  const appliedAt = performance.now()
  const refused = await untilAnswered(services, ids, tokens)
  return {
    diffS: (previewedAt - startedAt) / 1000,
    applyS: (appliedAt - previewedAt) / 1000,
    totalS: (performance.now() - startedAt) / 1000,
    refused,
    serviceMsEach: (1000 * (cpuOf(services) - cpuBefore)) / size,
  }
}

/** Asks for each tenant until it is answered; who is refused goes to the end of the line. @returns refusals */
async function untilAnswered(
  services: readonly Service[],
  ids: readonly string[],
  tokens: ReadonlyMap<string, string>,
): Promise<number> {
  const body = JSON.stringify({ vector: unitVector(seededRandom(3)), topK: 3 })
  const line = [...ids]
  let refused = 0
  let sent = 0
  const caller = async (): Promise<void> => {
    for (let id = line.shift(); id !== undefined; id = line.shift()) {
      const { url } = services[sent++ % services.length] as Service
      const headers = { authorization: `Bearer ${tokens.get(id)}`, 'content-type': 'application/json' }
      const response = await fetch(`${url}/retrieve`, { method: 'POST', headers, body })
      const answer = await response.text()
      if (response.ok) continue
      if (response.status !== 503) throw new Error(`${id} was answered ${response.status}: ${answer}`)
      refused += 1
      line.push(id)
      await sleep(20)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return refused
}

function cpuOf(services: readonly Service[]): number {
  return services.reduce((sum, { process }) => sum + cpuSecondsOf(process.pid), 0)
}
