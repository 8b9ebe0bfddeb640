import { expect, test, vi } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { refuseOldSchema } from '../../src/db/pending-migrations.ts'
import { type Migration, readMigrations } from '../../src/db/read-migrations.ts'
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

/** The migrations of now, and further ones of these statements. */
async function withFurther(...statements: string[]): Promise<readonly Migration[]> {
  const now = await readMigrations()
  const last = now.at(-1)?.when ?? 0
  const further = statements.map((one, at) => ({
    tag: `further_${at}`,
    when: last + at + 1,
    hash: `further ${at}`,
    statements: [one],
  }))
  return [...now, ...further]
}

/** Waits until a migration waits for the table. */
async function untilWaitedFor({ sql }: TestDatabase, table: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const waiting = await sql`
        select from pg_locks where relation = ${table}::regclass and mode = 'AccessExclusiveLock' and not granted`
      expect(waiting).toHaveLength(1)
    },
    { timeout: 60_000, interval: 20 },
  )
}

const addsColumns = ['alter table tenants add column x text', 'alter table moves add column y text']

async function addedColumns({ sql }: TestDatabase): Promise<number> {
  const [row] = await sql`
    select count(*)::int as added from information_schema.columns
    where table_schema = 'public' and (table_name, column_name) in (('tenants', 'x'), ('moves', 'y'))`
  return row?.added
}

test('a migration that waits for a table holds no table of the one before', async () => {
  await using database = await testDatabase()
  const migrations = await withFurther(...addsColumns)
  const held = Promise.withResolvers<void>()
  // As a mover that looks for a move: it holds the moves, and reads the tenants.
  const mover = database.sql.begin(async (tx) => {
    await tx.unsafe('lock table moves in row exclusive mode')
    held.resolve()
    await untilWaitedFor(database, 'moves')
    await tx.unsafe('select x from tenants')
  })
  await held.promise
  await Promise.all([migrate(database, { migrations }), mover])
  expect(await addedColumns(database)).toBe(2)
})

test('who asks for a table that a migration waits for is answered, although a backup reads it for long', async () => {
  await using database = await testDatabase()
  const migrations = await withFurther(...addsColumns)
  const read = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const backup = database.sql.begin(async (tx) => {
    await tx`select id from tenants`
    read.resolve()
    await end.promise
  })
  await read.promise
  const migrating = migrate(database, { migrations })
  await untilWaitedFor(database, 'tenants')
  await database.sql`select id from tenants`
  expect(await addedColumns(database)).toBe(0)
  end.resolve()
  await backup
  await migrating
  expect(await addedColumns(database)).toBe(2)
})

test('a migration whose table stays in use ends with the reason, and leaves done what ran before', async () => {
  await using database = await testDatabase()
  const migrations = await withFurther(...addsColumns)
  await database.sql.begin(async (tx) => {
    await tx`select id from moves`
    const reason = await migrate(database, { migrations, tries: 1 }).catch((error) => error.cause)
    expect(reason.message).toBe('canceling statement due to lock timeout')
  })
  expect(await addedColumns(database)).toBe(1)
  await migrate(database, { migrations })
  expect(await addedColumns(database)).toBe(2)
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
