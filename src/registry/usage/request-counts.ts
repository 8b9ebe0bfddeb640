import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type FlushOptions, flushEvery } from '../flush-every.ts'
import { addLatency, latencyBoundsMs } from './latency.ts'

/** Numbers that only rise during a day, by their columns. */
const columns = {
  requests: 'requests',
  errors: 'errors',
  cacheHits: 'cache_hits',
  embeddingTokens: 'embedding_tokens',
  answerTokens: 'answer_tokens',
  answerOutputTokens: 'answer_output_tokens',
  readUnits: 'read_units',
  writeUnits: 'write_units',
  egressBytes: 'egress_bytes',
  writtenRecords: 'written_records',
  writtenBytes: 'written_bytes',
  unnamedVectors: 'unnamed_vectors',
} as const

type Counter = keyof typeof columns
const counters = Object.keys(columns) as readonly Counter[]
/** Vendor units have fractions: a query costs 0.25 at least. */
const fractions: ReadonlySet<Counter> = new Set(['readUnits', 'writeUnits'])

type Counts = Record<Counter, number> & { readonly latency: number[] }

/** Rows in one statement. */
const batch = 1000
/** Days that are kept: two whole months. */
const keptDays = 62

/**
 * Counts requests, tokens and units of each tenant on this replica by UTC day, and reports them to the registry once a
 * minute. A crash loses unreported counts, which no advice depends on.
 */
export class RequestCounts implements AsyncDisposable {
  readonly #db: Tx
  readonly #reports: AsyncDisposable
  #counts = new Map<TenantId, Counts>()
  #flushing: Promise<void> = Promise.resolve()

  constructor(db: Tx, options?: FlushOptions) {
    this.#db = db
    this.#reports = flushEvery(() => this.flush(), options)
  }

  /** Counts a request by the status, the latency and the source of its answer. */
  note(tenantId: TenantId, status: number, ms: number, isCached: boolean): void {
    const counts = this.#of(tenantId)
    if (status >= 400) {
      counts.errors += 1
      return
    }
    counts.requests += 1
    if (isCached) counts.cacheHits += 1
    addLatency(counts.latency, ms)
  }

  noteTokens = (tenantId: TenantId, meter: 'embeddingTokens' | 'answerTokens', count: number): void => {
    this.#of(tenantId)[meter] += count
  }

  /** Counts a request whose vectors name no model. */
  noteUnnamed = (tenantId: TenantId): void => {
    this.#of(tenantId).unnamedVectors += 1
  }

  /** Counts tokens that a model wrote; they are among the tokens of answers. */
  noteWritten = (tenantId: TenantId, count: number): void => {
    this.#of(tenantId).answerOutputTokens += count
  }

  /** Counts what a call of the vector store costs. */
  noteUse = (tenantId: TenantId, use: Readonly<Partial<Record<Counter, number>>>): void => {
    const counts = this.#of(tenantId)
    for (const name in use) counts[name as Counter] += use[name as Counter] ?? 0
  }

  /** Reports to the registry now. A failed report is repeated with the next, unless its outcome is unknown. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.catch(() => undefined).then(() => this.#tell())
    return this.#flushing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reports[Symbol.asyncDispose]()
  }

  #of(tenantId: TenantId): Counts {
    let counts = this.#counts.get(tenantId)
    if (counts === undefined) {
      counts = newCounts()
      this.#counts.set(tenantId, counts)
    }
    return counts
  }

  async #tell(): Promise<void> {
    // In the order of the ids: replicas that report at once don't wait for each other in a circle.
    const rows = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))
    this.#counts = new Map()
    for (let from = 0; from < rows.length; from += batch) {
      try {
        await this.#db.execute(reportOf(rows.slice(from, from + batch)))
      } catch (error) {
        for (const [id, counts] of rows.slice(from)) {
          const since = this.#of(id)
          for (const name of counters) since[name] += counts[name]
          for (const [at, count] of counts.latency.entries()) since.latency[at] = (since.latency[at] ?? 0) + count
        }
        throw error
      }
    }
  }
}

function newCounts(): Counts {
  const zeros = Object.fromEntries(counters.map((name) => [name, 0])) as Record<Counter, number>
  return { ...zeros, latency: Array(latencyBoundsMs.length + 1).fill(0) }
}

function reportOf(rows: readonly (readonly [TenantId, Counts])[]) {
  const names = sql.raw(counters.map((name) => columns[name]).join(', '))
  const values = counters.map((name) => {
    const isFraction = fractions.has(name)
    const numbers = rows.map(([, counts]) => (isFraction ? counts[name] : Math.round(counts[name])))
    return sql`${sql.param(numbers)}::${sql.raw(isFraction ? 'float8[]' : 'bigint[]')}`
  })
  const sums = sql.raw(
    counters
      .map((name) => `${columns[name]} = tenant_requests.${columns[name]} + excluded.${columns[name]}`)
      .join(', '),
  )
  return sql`
    insert into tenant_requests (tenant_id, day, latency, ${names})
    select id, (now() at time zone 'utc')::date, latency::integer[], ${names}
    from unnest(${sql.param(rows.map(([id]) => id))}::text[],
      ${sql.param(rows.map(([, { latency }]) => `{${latency.join(',')}}`))}::text[], ${sql.join(values, sql`, `)}
    ) as reported(id, latency, ${names})
    on conflict (tenant_id, day) do update set ${sums}, latency = (
      select array_agg(coalesce(a, 0) + coalesce(b, 0) order by at)
      from unnest(tenant_requests.latency, excluded.latency) with ordinality as both_days (a, b, at))`
}

/** Deletes days older than two months. */
export async function forgetOldRequests(db: Tx): Promise<void> {
  await db.execute(sql`delete from tenant_requests where day < (now() at time zone 'utc')::date - ${keptDays}::integer`)
}
