import { randomBytes } from 'node:crypto'
import { drizzle } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'
import { openDriver } from './driver.ts'
import { Listener } from './listener.ts'
import { isWorkedOn } from './second-opinion.ts'
import { StatementWatch, watching } from './statement-watch.ts'
import { survivingTransactions } from './surviving-transactions.ts'

/** A watched pool. `db` and `sql` stay the same while the connections behind them are made anew. */
export interface Database extends AsyncDisposable {
  readonly db: Db
  /** postgres.js itself, for statements that the query builder has no words for. */
  readonly sql: postgres.Sql
  /**
   * Hears what is told on a channel from when the promise resolves; see `Listener`.
   * @param missed something may have been told that was not heard: look.
   */
  listen(channel: string, hear: (payload: string) => void, missed?: () => void): Promise<() => Promise<void>>
  /** Makes the connections anew: what waits for one fails at once, and the next statement connects afresh. */
  replace(): void
}

export interface ConnectOptions {
  readonly url: string
  /** Connections at once. */
  readonly max?: number
  readonly applicationName?: string
  /** How long a statement may go without an answer before the server is asked why; `Infinity` for migrations. */
  readonly patienceMs?: number
  /** Shared with other pools; by default one of its own is opened when somebody listens. */
  readonly listener?: Listener
}

function build(sql: postgres.Sql) {
  return drizzle({ client: sql })
}

export type Db = ReturnType<typeof build>

/** What a function that may run inside a transaction takes. */
export type Tx = Pick<Db, 'select' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction'>

/** Leaves room for a slow disk and a short lock, and no request waits much longer than callers do. */
const usualPatienceMs = 5_000

/**
 * Opens a pool lazily: the first statement connects. It is watched: connections that a fail-over or a cut network left
 * dead are given up, and what waits for them fails within seconds.
 */
export function connect(options: ConnectOptions): Database {
  const patienceMs = options.patienceMs ?? usualPatienceMs
  // Its own name in pg_stat_activity, by which a second opinion finds what it works on.
  const applicationName = `${options.applicationName ?? 'tenant-router'} #${randomBytes(4).toString('hex')}`
  const open = () => {
    const driver = openDriver({ url: options.url, max: options.max ?? 10, applicationName })
    // For what it does to the driver: times stay text.
    build(driver)
    return driver
  }
  let current = open()
  const replace = () => {
    const former = current
    current = open()
    void former.end({ timeout: 0 }).catch(() => undefined)
  }
  const watch = new StatementWatch({
    patienceMs,
    isWorking: () => isWorkedOn({ url: options.url, applicationName, forMs: patienceMs / 2 }),
    giveUp: replace,
  })
  const sql = standing(() => current, watch)
  let listener = options.listener
  let own: Listener | undefined
  return {
    db: build(sql),
    sql,
    replace,
    async listen(channel, hear, missed) {
      listener ??= own = new Listener({
        url: options.url,
        applicationName,
        tell: async (on, payload) => void (await sql`select pg_notify(${on}, ${payload})`),
      })
      return listener.listen(channel, hear, missed)
    },
    async [Symbol.asyncDispose]() {
      await own?.[Symbol.asyncDispose]()
      watch[Symbol.dispose]()
      await current.end({ timeout: 2 })
    },
  }
}

/** postgres.js as callers see it, in front of whichever pool there is now. */
function standing(current: () => postgres.Sql, watch: StatementWatch): postgres.Sql {
  const begin = survivingTransactions((...given) => Reflect.apply(current().begin, undefined, given), watch)
  const unsafe = watching(watch, (...given: never[]) => Reflect.apply(current().unsafe, undefined, given))
  return new Proxy((() => undefined) as unknown as postgres.Sql, {
    apply: (_target, _self, given) => watch.statement(Reflect.apply(current() as never, undefined, given)),
    get: (_target, key) => ({ begin, unsafe })[key as string] ?? Reflect.get(current(), key),
  })
}
