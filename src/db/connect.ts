import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { survivingTransactions } from './surviving-transactions.ts'

export interface Database extends AsyncDisposable {
  readonly db: Db
  /** postgres.js itself, for LISTEN and for statements that the query builder has no words for. */
  readonly sql: postgres.Sql
}

export interface ConnectOptions {
  readonly url: string
  /** Connections at once. */
  readonly max?: number
  readonly applicationName?: string
}

function build(sql: postgres.Sql) {
  return drizzle({ client: sql })
}

export type Db = ReturnType<typeof build>

/** What a function that may run inside a transaction takes. */
export type Tx = Pick<Db, 'select' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction'>

/** Opens a pool lazily: the first statement connects. Notices are dropped, a lost connection is made anew. */
export function connect(options: ConnectOptions): Database {
  const driver = postgres(options.url, {
    max: options.max ?? 10,
    idle_timeout: 60,
    connect_timeout: 10,
    onnotice: () => undefined,
    connection: { application_name: options.applicationName ?? 'tenant-router' },
  })
  const sql = survivingTransactions(driver)
  return {
    db: build(sql),
    sql,
    [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }),
  }
}
