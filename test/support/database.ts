import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'
import { connect, type Database } from '../../src/db/connect.ts'

export interface TestDatabase extends Database {
  /** URL for a second replica, a child process or the command line. */
  readonly url: string
  /** A copy as it is now, as a backup that is restored. No replica may be connected to it. */
  copy(): Promise<TestDatabase>
}

/** A migrated database of one's own, dropped when disposed. */
export function testDatabase(): Promise<TestDatabase> {
  return databaseFrom('tenant_router')
}

async function databaseFrom(source: string): Promise<TestDatabase> {
  const template = new URL(inject('templateUrl'))
  const name = `test_${randomBytes(6).toString('hex')}`
  const maintenance = new URL(template)
  maintenance.pathname = '/postgres'
  await run(maintenance, (sql) => sql`create database ${sql(name)} template ${sql(source)}`)
  const url = new URL(template)
  url.pathname = `/${name}`
  const database = connect({ url: url.href, applicationName: name })
  return {
    ...database,
    url: url.href,
    async copy() {
      const mine = (sql: postgres.Sql) =>
        sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${name}`
      await run(maintenance, mine)
      return databaseFrom(name)
    },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]()
      await run(maintenance, (sql) => sql`drop database ${sql(name)} with (force)`)
    },
  }
}

async function run(url: URL, statement: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url.href, { max: 1, onnotice: () => undefined })
  try {
    await statement(sql)
  } finally {
    await sql.end()
  }
}
