import { drizzle } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'
import type { Db } from '../../src/db/connect.ts'

/** The query builder over a client that is not the driver's own. */
export function build(sql: postgres.Sql): Db {
  return drizzle({ client: sql })
}
