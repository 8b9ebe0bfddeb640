import { fileURLToPath } from 'node:url'
import { migrate as run } from 'drizzle-orm/postgres-js/migrator'
import type { Database } from './connect.ts'

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url))

/** Any number; the same in every replica, so that two of them migrate one after the other. */
const lockKey = 7_262_533

/** Brings the schema up to date; run twice, or by many replicas at once, it changes nothing more. */
export async function migrate(database: Database): Promise<void> {
  const reserved = await database.sql.reserve()
  try {
    await reserved`select pg_advisory_lock(${lockKey})`
    await run(database.db, { migrationsFolder })
  } finally {
    await reserved`select pg_advisory_unlock(${lockKey})`
    reserved.release()
  }
}
