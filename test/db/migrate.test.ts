import { expect, test } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { refuseOldSchema } from '../../src/db/pending-migrations.ts'
import { runCli } from '../cli/run-cli.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

test('migrating twice, and by two replicas at once, changes nothing more', async () => {
  await using database = await testDatabase()
  const before = await database.sql`select * from drizzle.__drizzle_migrations`
  await Promise.all([migrate(database), migrate(database)])
  const after = await database.sql`select * from drizzle.__drizzle_migrations`
  expect(after).toEqual(before)
  expect(await database.sql`select tick from routing_clock`).toEqual([{ tick: '0' }])
})

test('ten replicas may migrate an empty database at once, as processes: one does it, and the others find it done', {
  timeout: 480_000,
}, async () => {
  await using own = await testDatabase()
  await own.sql.unsafe('drop schema drizzle cascade; drop schema public cascade; create schema public')
  const runs = await Promise.all(
    Array.from({ length: 10 }, () => runCli(['migrate', '--yes'], { DATABASE_URL: own.url })),
  )
  expect(runs.map(({ code, err }) => [code, err])).toEqual(runs.map(() => [0, '']))
  await using whole = await testDatabase()
  const notes = (database: TestDatabase) =>
    database.sql`select hash, created_at from drizzle.__drizzle_migrations order by id`
  expect(await notes(own)).toEqual(await notes(whole))
  await refuseOldSchema(own)
})

test('the schema refuses a shard over its limit and a second active place of a tenant', async () => {
  await using database = await testDatabase()
  const { sql } = database
  await sql`insert into indexes (project, name, kind, ordinal, host, cloud, region, embedding_model, dimension, metric, namespace_limit, state)
            values ('default', 'pool-1', 'pool', 1, 'h', 'aws', 'us-east-1', 'm', 3, 'cosine', 1, 'ready')`
  await sql`update indexes set namespaces_used = 1`
  await expect(sql`update indexes set namespaces_used = 2`).rejects.toThrow('indexes_within_limit')
  await sql`insert into tenants (id, name, tier, status) values ('acme', 'Acme', 'standard', 'active')`
  const place = (generation: number, state: string) =>
    sql`insert into places (tenant_id, index_id, project, index_name, namespace, generation, state)
        values ('acme', 1, 'default', 'pool-1', ${`n${generation}`}, ${generation}, ${state})`
  await place(1, 'active')
  await expect(place(2, 'active')).rejects.toThrow('places_one_active')
  await expect(sql`insert into places (tenant_id, index_id, project, index_name, namespace, generation, state)
        values ('acme', 1, 'default', 'pool-1', 'n1', 3, 'purged')`).rejects.toThrow('places_location')
})

/** A database of its own with nothing in it, and a role that may enter it and no more. */
async function emptyHome(grants: (role: string) => readonly string[]) {
  const home = await testDatabase()
  const role = `app_${Math.random().toString(36).slice(2)}`
  const name = new URL(home.url).pathname.slice(1)
  await home.sql.unsafe('drop schema drizzle cascade; drop schema public cascade')
  await home.sql.unsafe(`create role ${role} login password 'word'; revoke all on database ${name} from public`)
  await home.sql.unsafe(`grant connect on database ${name} to ${role}`)
  for (const grant of grants(role)) await home.sql.unsafe(grant)
  const url = new URL(home.url)
  url.username = role
  url.password = 'word'
  return {
    home,
    url: url.href,
    async [Symbol.asyncDispose]() {
      await home.sql.unsafe(`drop owned by ${role} cascade; drop role ${role}`)
      await home[Symbol.asyncDispose]()
    },
  }
}

test('the schema that the search path names first is migrated, also by a role that may make none', async () => {
  await using own = await emptyHome((role) => [
    `create schema drizzle authorization ${role}; create schema router authorization ${role}`,
    `alter role ${role} set search_path = router`,
  ])
  expect(await runCli(['migrate', '--yes'], { DATABASE_URL: own.url })).toMatchObject({ code: 0 })
  await using database = connect({ url: own.url, max: 1 })
  await refuseOldSchema(database)
  expect(await database.sql`select tick from routing_clock`).toEqual([{ tick: '0' }])
  const elsewhere = await own.home.sql`select tablename from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema', 'router', 'drizzle')`
  expect(elsewhere).toEqual([])
  await migrate(database)

  // Another search path later: the tables would seem to be lost.
  await own.home.sql.unsafe(`create schema other; alter role ${new URL(own.url).username} set search_path = other`)
  const told = await runCli(['migrate', '--yes'], { DATABASE_URL: own.url })
  expect(told.err).toContain('in the schema router, which the search_path does not find')
  expect(told.code).toBe(1)
})

test('the reason that keeps a migration from running is reported in the words of Postgres', async () => {
  await using closed = await emptyHome((role) => [
    `create schema router authorization ${role}`,
    `alter role ${role} set search_path = router`,
  ])
  const told = await runCli(['migrate', '--yes'], { DATABASE_URL: closed.url })
  expect(told.err).toMatch(/could not be migrated: Postgres says "permission denied for database .*" \(42501\)/)
  expect(told.code).toBe(1)
  await using nowhere = await emptyHome((role) => [`alter role ${role} set search_path = nothing_here`])
  const second = await runCli(['migrate', '--yes'], { DATABASE_URL: nowhere.url })
  expect(second.err).toContain('No schema of the search_path exists')
})
