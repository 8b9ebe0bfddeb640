import { sql } from 'drizzle-orm'
import type { Tx } from './connect.ts'
import { pendingMigrations } from './pending-migrations.ts'
import { readMigrations } from './read-migrations.ts'

/** Facts about a Postgres, as one statement reads them. */
export interface PostgresFacts {
  readonly version: string
  readonly versionNumber: number
  readonly role: string
  readonly isSuperuser: boolean
  readonly isReadOnly: boolean
  readonly database: string
  /** Connections that ordinary roles may have, and those there are. */
  readonly connectionsMax: number
  readonly connections: number
  /** Milliseconds since 1970 by its clock. */
  readonly atMs: number
}

export async function postgresFacts(db: Tx): Promise<PostgresFacts> {
  const [facts] = await db.execute<PostgresFacts & Record<string, unknown>>(sql`
    select current_setting('server_version') as version,
      current_setting('server_version_num')::int as "versionNumber",
      current_user as role,
      (select rolsuper from pg_roles where rolname = current_user) as "isSuperuser",
      current_setting('transaction_read_only') = 'on' as "isReadOnly",
      current_database() as database,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        as "connectionsMax",
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as "atMs"`)
  if (facts === undefined) throw new Error('Postgres returned no row')
  return facts
}

/**
 * How the schema and this code differ: migrations that the database lacks, and whether it has some of a later version.
 * @throws Error as `pendingMigrations` does.
 */
export async function schemaDifference(
  db: Tx,
): Promise<{ readonly pending: readonly string[]; readonly isNewer: boolean }> {
  const pending = (await pendingMigrations(db)).map(({ tag }) => tag)
  if (pending.length > 0) return { pending, isNewer: false }
  const newest = (await readMigrations()).at(-1)?.when ?? 0
  const [last] = await db.execute<{ at: string | null }>(
    sql`select max(created_at)::text as at from drizzle.__drizzle_migrations`,
  )
  return { pending, isNewer: Number(last?.at ?? 0) > newest }
}

/** Tables that the service only adds to (deploy/postgres/evidence.sql). */
const evidence = ['audit', 'audit_checkpoints', 'signing_keys', 'move_events']

/**
 * Tables of the registry on which the current role lacks a right that the service needs, each with those it lacks. Ours
 * are those of the owner of `routing_clock`, in its schema.
 */
export async function missingRights(db: Tx): Promise<readonly { readonly table: string; readonly rights: string }[]> {
  return db.execute<{ table: string; rights: string }>(sql`
    with ours as (select relnamespace, relowner from pg_class where oid = to_regclass('routing_clock')),
      needed as (
        select c.oid, c.relname as name, unnest(
          case when c.relname in ${evidence} then array['select', 'insert']
            else array['select', 'insert', 'update', 'delete'] end) as one
        from pg_class c join ours using (relnamespace, relowner) where c.relkind in ('r', 'p'))
    select name as table, string_agg(one, ', ') as rights from needed
    where not has_table_privilege(oid, one) group by name order by name`)
}
