import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { type FlushOptions, flushEvery } from '../flush-every.ts'

interface Counts {
  requests: number
  embeddingTokens: number
  answerTokens: number
}

/** Rows in one statement. */
const batch = 1000

/**
 * Counts requests and tokens of each tenant on this replica by UTC day, and reports them to the registry once a minute.
 * A crash loses unreported counts, which no advice depends on.
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

  note(tenantId: TenantId): void {
    this.#of(tenantId).requests += 1
  }

  noteTokens = (tenantId: TenantId, meter: 'embeddingTokens' | 'answerTokens', count: number): void => {
    this.#of(tenantId)[meter] += count
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
      counts = { requests: 0, embeddingTokens: 0, answerTokens: 0 }
      this.#counts.set(tenantId, counts)
    }
    return counts
  }

  async #tell(): Promise<void> {
    // In the order of the ids: replicas that report at once don't wait for each other in a circle.
    const rows = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))
    this.#counts = new Map()
    for (let from = 0; from < rows.length; from += batch) {
      const some = rows.slice(from, from + batch)
      const ids = some.map(([id]) => id)
      const column = (name: keyof Counts) => sql.param(some.map(([, counts]) => Math.round(counts[name])))
      try {
        await this.#db.execute(sql`
          insert into tenant_requests (tenant_id, day, requests, embedding_tokens, answer_tokens)
          select id, (now() at time zone 'utc')::date, requests, embedding_tokens, answer_tokens
          from unnest(${sql.param(ids)}::text[], ${column('requests')}::bigint[],
            ${column('embeddingTokens')}::bigint[], ${column('answerTokens')}::bigint[]
          ) as reported(id, requests, embedding_tokens, answer_tokens)
          on conflict (tenant_id, day) do update set
            requests = tenant_requests.requests + excluded.requests,
            embedding_tokens = tenant_requests.embedding_tokens + excluded.embedding_tokens,
            answer_tokens = tenant_requests.answer_tokens + excluded.answer_tokens`)
      } catch (error) {
        for (const [id, counts] of rows.slice(from)) {
          const since = this.#of(id)
          since.requests += counts.requests
          since.embeddingTokens += counts.embeddingTokens
          since.answerTokens += counts.answerTokens
        }
        throw error
      }
    }
  }
}

/** Deletes days older than any that advice uses. */
export async function forgetOldRequests(db: Tx): Promise<void> {
  await db.execute(sql`delete from tenant_requests where day < (now() at time zone 'utc')::date - 30`)
}
