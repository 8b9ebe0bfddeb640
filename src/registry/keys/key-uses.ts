import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { type FlushOptions, flushEvery } from '../flush-every.ts'

/** Notes when keys were last used, and reports it once a minute: the usual request writes nothing to Postgres. */
export class KeyUses implements AsyncDisposable {
  readonly #db: Tx
  readonly #reports: AsyncDisposable
  #used = new Map<string, number>()

  constructor(db: Tx, options?: FlushOptions) {
    this.#db = db
    this.#reports = flushEvery(() => this.flush(), options)
  }

  note = (keyId: string): void => {
    this.#used.set(keyId, Date.now())
  }

  /** Reports now. A failed report loses a minute's times, and the next use reports again. */
  async flush(): Promise<void> {
    // In the order of the ids: replicas that report at once don't wait for each other in a circle.
    const rows = [...this.#used].sort(([a], [b]) => (a < b ? -1 : 1))
    this.#used = new Map()
    if (rows.length === 0) return
    await this.#db.execute(sql`
      with used as (
        select id, at from unnest(
          ${sql.param(rows.map(([id]) => id))}::text[], ${sql.param(rows.map(([, ms]) => ms / 1000))}::float8[]
        ) as reported(id, at))
      update tenant_keys set last_used_at = greatest(last_used_at, to_timestamp(used.at))
      from used where tenant_keys.id = used.id`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reports[Symbol.asyncDispose]()
  }
}
