import { randomBytes } from 'node:crypto'
import { drizzle } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'
import type { Tracer } from '../tracing/tracer.ts'
import { openDriver } from './driver.ts'
import { NotifyListener } from './listener.ts'
import { isWorkedOn } from './second-opinion.ts'
import { StatementWatch, watching } from './statement-watch.ts'
import { survivingTransactions } from './surviving-transactions.ts'

/** A watched pool. `db` and `sql` stay the same while their connections are replaced. */
export interface Database extends AsyncDisposable {
  readonly db: Db
  /** postgres.js itself, for statements that the query builder cannot express. */
  readonly sql: postgres.Sql
  /**
   * Receives notifications on a channel once the promise resolves; see `Listener`.
   * @param missed called when notifications may have been lost: look for changes.
   */
  listen(channel: string, hear: (payload: string) => void, missed?: () => void): Promise<() => Promise<void>>
  /** Replaces the connections: pending calls fail at once, and the next statement reconnects. */
  replace(): void
}

export interface ConnectOptions {
  readonly url: string
  /** Connections, at most. */
  readonly max?: number
  readonly applicationName?: string
  /** Time that a statement may stay unanswered before the pool asks the server why; `Infinity` for migrations. */
  readonly patienceMs?: number
  /** A listener shared with other pools; by default the first `listen` opens one. */
  readonly listener?: NotifyListener
  /** Absent: statements are not traced. */
  readonly tracer?: Tracer | undefined
}

function build(sql: postgres.Sql) {
  return drizzle({ client: sql })
}

export type Db = ReturnType<typeof build>

/** A database or a transaction: the argument of functions that run in either. */
export type Tx = Pick<Db, 'select' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction'>

/** Allows for a slow disk and a short lock; no request waits much longer than callers do. */
const usualPatienceMs = 5_000

/**
 * Opens a pool lazily: the first statement connects. The pool is watched: it gives up connections that a fail-over or a
 * cut network left dead, and pending calls fail within seconds.
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
    tracer: options.tracer,
  })
  const sql = standing(() => current, watch)
  let listener = options.listener
  let own: NotifyListener | undefined
  return {
    db: build(sql),
    sql,
    replace,
    async listen(channel, hear, missed) {
      listener ??= own = new NotifyListener({
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

/** A stable postgres.js interface in front of the current pool. */
function standing(current: () => postgres.Sql, watch: StatementWatch): postgres.Sql {
  const begin = survivingTransactions((...given) => Reflect.apply(current().begin, undefined, given), watch)
  const unsafe = watching(watch, (...given: never[]) => Reflect.apply(current().unsafe, undefined, given))
  return new Proxy((() => undefined) as unknown as postgres.Sql, {
    apply: (_target, _self, given) => watch.statement(Reflect.apply(current() as never, undefined, given)),
    get: (_target, key) => ({ begin, unsafe })[key as string] ?? Reflect.get(current(), key),
  })
}
