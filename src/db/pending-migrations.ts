import { sql } from 'drizzle-orm'
import type { Database, Tx } from './connect.ts'
import { type Migration, readMigrations } from './read-migrations.ts'

/**
 * Migrations that the database lacks; drizzle records the applied ones by the time they were written.
 * @param migrations those of this version, by default.
 * @throws Error when some are applied but the search path does not find their tables: the record belongs to the whole
 *   database, and with another search path the tables would seem lost.
 */
export async function pendingMigrations(db: Tx, migrations?: readonly Migration[]): Promise<readonly Migration[]> {
  const all = migrations ?? (await readMigrations())
  const [notes] = await db.execute<{ there: boolean; isFound: boolean; elsewhere: string | null }>(sql`
    select to_regclass('drizzle.__drizzle_migrations') is not null as there,
      to_regclass('routing_clock') is not null as "isFound",
      (select min(schemaname) from pg_tables where tablename = 'routing_clock') as elsewhere`)
  if (notes?.there !== true) return all
  const [last] = await db.execute<{ at: string | null }>(
    sql`select max(created_at)::text as at from drizzle.__drizzle_migrations`,
  )
  const lastAt = last?.at ?? undefined
  if (lastAt !== undefined && !notes.isFound) throw new Error(lostTables(notes.elsewhere))
  return all.filter(({ when }) => when > Number(lastAt ?? 0))
}

/** @throws Error that says what to do when the schema is older than this code. */
export async function refuseOldSchema({ db }: Pick<Database, 'db'>): Promise<void> {
  const pending = await pendingMigrations(db)
  if (pending.length === 0) return
  throw new Error(`The database lacks ${pending.length} migration(s). Run \`tenant-router migrate\` first.`)
}

function lostTables(schema: string | null): string {
  const where = schema === null ? 'are not there any more' : `are in the schema ${schema}`
  return `This database was migrated before, and its tables ${where}, which the search_path does not find. Set search_path for this role or database.`
}
