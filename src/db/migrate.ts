import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { Database, Db, Tx } from './connect.ts'
import { pendingMigrations } from './pending-migrations.ts'
import { type Migration, readMigrations } from './read-migrations.ts'

/** An arbitrary number, the same in every replica, so that two of them migrate one after the other. */
const lockKey = 7_262_533
/** Longest wait for a table that others use: whoever asks for it meanwhile waits behind the migration. */
const lockTimeoutMs = 2_000
const pauseMs = 3_000
/** In a row, for one migration: about five minutes. */
const triesAtMost = 60

export interface MigrateOptions {
  /** Default: those of this version. */
  readonly migrations?: readonly Migration[]
  /** Tries of a migration whose tables are in use. */
  readonly tries?: number
}

/**
 * Brings the schema up to date; a second or concurrent run changes nothing more. Each migration is a transaction of its
 * own, so that it holds no table of another one while it waits for its own: movers that hold the second and wait for
 * the first would be a deadlock. The lock against other runs is the transaction's too, so it holds behind a transaction
 * pooler.
 *
 * Tables go into the first schema of the search path. The record of migrations goes into the schema `drizzle`, which
 * someone with the right to create schemas may have created before.
 *
 * @throws Error when a table stays in use, as by a backup, for about five minutes; what ran before stays done.
 */
export async function migrate({ db }: Pick<Database, 'db'>, options: MigrateOptions = {}): Promise<void> {
  const { migrations = await readMigrations(), tries = triesAtMost } = options
  for (let failures = 0; ; ) {
    try {
      if (!(await runNext(db, migrations))) return
      failures = 0
    } catch (error) {
      failures += 1
      if (!isInUse(error) || failures >= tries) throw error
      await sleep(pauseMs)
    }
  }
}

/** @returns false when there was none. */
async function runNext(db: Db, migrations: readonly Migration[]): Promise<boolean> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${lockKey})`)
    await prepareNotes(tx)
    const [next] = await pendingMigrations(tx, migrations)
    if (next === undefined) return false
    await tx.execute(sql.raw(`set local lock_timeout = ${lockTimeoutMs}`))
    await run(tx, next)
    return true
  })
}

/** Whether the migration did not get its table, or was the victim of a deadlock: it had no effect. */
function isInUse(error: unknown): boolean {
  for (let fault = error, depth = 0; fault instanceof Error && depth < 5; fault = fault.cause, depth += 1)
    if ('code' in fault && (fault.code === '55P03' || fault.code === '40P01')) return true
  return false
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
