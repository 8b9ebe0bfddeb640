import { expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { testDatabase } from '../support/database.ts'

test('migrating twice, and by two replicas at once, changes nothing more', async () => {
  await using database = await testDatabase()
  const before = await database.sql`select * from drizzle.__drizzle_migrations`
  await Promise.all([migrate(database), migrate(database)])
  const after = await database.sql`select * from drizzle.__drizzle_migrations`
  expect(after).toEqual(before)
  expect(await database.sql`select tick from routing_clock`).toEqual([{ tick: '0' }])
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
