import { readFile } from 'node:fs/promises'
import type { Database } from './connect.ts'

interface Journal {
  readonly entries: readonly { readonly tag: string; readonly when: number }[]
}

/** Names of the migrations that the database has not had; drizzle keeps those it had by the time they were written. */
export async function pendingMigrations(database: Database): Promise<readonly string[]> {
  const path = new URL('../../migrations/meta/_journal.json', import.meta.url)
  const { entries }: Journal = JSON.parse(await readFile(path, 'utf8'))
  const [table] = await database.sql`select to_regclass('drizzle.__drizzle_migrations') is not null as there`
  if (table?.there !== true) return entries.map((entry) => entry.tag)
  const [last] = await database.sql`select max(created_at)::text as at from drizzle.__drizzle_migrations`
  return entries.filter((entry) => entry.when > Number(last?.at ?? 0)).map((entry) => entry.tag)
}

/** @throws Error that says what to do when the schema is older than this code. */
export async function refuseOldSchema(database: Database): Promise<void> {
  const pending = await pendingMigrations(database)
  if (pending.length === 0) return
  throw new Error(`The database lacks ${pending.length} migration(s). Run \`tenant-router migrate\` first.`)
}
