import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { arrayTypes } from './array-types.ts'
import { survivingTransactions } from './surviving-transactions.ts'

export interface Database extends AsyncDisposable {
  readonly db: Db
  /** postgres.js itself, for LISTEN and for statements that the query builder has no words for. */
  readonly sql: postgres.Sql
}

/** A pool that can be made anew: what its connections wait for fails at once, and the next statement connects afresh. */
export interface ReplaceableDatabase extends Database {
  replace(): void
}

export interface ConnectOptions {
  readonly url: string
  /** Connections at once. */
  readonly max?: number
  readonly applicationName?: string
  /** Of its own a connection asks the server for nothing; see `arrayTypes`. `sql.reserve` does not work then. */
  readonly asksNothing?: boolean
}

function build(sql: postgres.Sql) {
  return drizzle({ client: sql })
}

export type Db = ReturnType<typeof build>

/** What a function that may run inside a transaction takes. */
export type Tx = Pick<Db, 'select' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction'>

/** Opens a pool lazily: the first statement connects. Notices are dropped, a lost connection is made anew. */
export function connect(options: ConnectOptions): Database {
  const sql = open(options)
  return {
    db: build(sql),
    sql,
    [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }),
  }
}

/**
 * The same for who must not wait for a Postgres that hangs, or a network that swallows: no time limit of the server's
 * helps there. Keep no `db` or `sql` of it: ask for them each time.
 */
export function connectReplaceably(given: ConnectOptions): ReplaceableDatabase {
  const options = { ...given, asksNothing: true }
  let current = connect(options)
  return {
    get db() {
      return current.db
    },
    get sql() {
      return current.sql
    },
    replace() {
      const former = current
      current = connect(options)
      void former.sql.end({ timeout: 0 }).catch(() => undefined)
    },
    [Symbol.asyncDispose]: () => current.sql.end({ timeout: 1 }),
  }
}

function open(options: ConnectOptions): postgres.Sql {
  const driver = postgres(options.url, {
    max: options.max ?? 10,
    idle_timeout: 60,
    connect_timeout: 10,
    // The driver's own goes up to 20 s: so long after an outage nobody should wait.
    backoff: (retries) => Math.min(1, 0.05 * 2 ** retries),
    onnotice: () => undefined,
    ...(options.asksNothing && { fetch_types: false, types: arrayTypes }),
    connection: { application_name: options.applicationName ?? 'tenant-router' },
  })
  return survivingTransactions(driver)
}
