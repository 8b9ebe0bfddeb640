import { sql } from 'drizzle-orm'
import type { Database, Tx } from './connect.ts'
import { pendingMigrations } from './pending-migrations.ts'
import type { Migration } from './read-migrations.ts'

/** An arbitrary number, the same in every replica, so that two of them migrate one after the other. */
const lockKey = 7_262_533

/**
 * Brings the schema up to date; a second or concurrent run changes nothing more. Everything happens in one transaction,
 * the lock included, so it holds behind a transaction pooler too.
 *
 * Tables go into the first schema of the search path. The record of migrations goes into the schema `drizzle`, which
 * someone with the right to create schemas may have created before.
 */
export async function migrate(database: Pick<Database, 'db'>): Promise<void> {
  await database.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${lockKey})`)
    await prepareNotes(tx)
    for (const migration of await pendingMigrations(tx)) await run(tx, migration)
  })
}

/** Creates only what is missing: `if not exists` demands the right to create even when the thing exists. */
async function prepareNotes(tx: Tx): Promise<void> {
  const [there] = await tx.execute<{ schema: boolean; notes: boolean; own: string | null }>(sql`
    select to_regnamespace('drizzle') is not null as schema, current_schema() as own,
      to_regclass('drizzle.__drizzle_migrations') is not null as notes`)
  if (there?.own === null) {
    throw new Error('No schema of the search_path exists. Create it, or set search_path for this role or database.')
  }
  if (there?.schema !== true) await tx.execute(sql`create schema drizzle`)
  if (there?.notes === true) return
  await tx.execute(sql`
    create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`)
}

async function run(tx: Tx, { statements, hash, when }: Migration): Promise<void> {
  for (const statement of statements) await tx.execute(sql.raw(statement))
  await tx.execute(sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${when})`)
}
