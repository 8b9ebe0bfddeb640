import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { testDatabase } from '../support/database.ts'

const file = (name: string) => readFile(new URL(`../../deploy/postgres/${name}`, import.meta.url), 'utf8')

function as(url: string, role: string, password: string): string {
  const own = new URL(url)
  own.username = role
  own.password = password
  return own.href
}

test('one role migrates, and the other changes rows, writes evidence and alters nothing', async () => {
  await using home = await testDatabase()
  await home.sql.unsafe('drop schema drizzle cascade; drop schema public cascade; create schema public')
  const roles = await file('roles.sql')
  await home.sql.unsafe(roles)
  await home.sql.unsafe(roles)
  await home.sql.unsafe(
    `alter role tenant_router_owner login password 'a'; alter role tenant_router_app login password 'b'`,
  )
  await using owner = connect({ url: as(home.url, 'tenant_router_owner', 'a'), max: 2 })
  await migrate(owner)
  const evidence = await file('evidence.sql')
  await owner.sql.unsafe(evidence)
  await owner.sql.unsafe(evidence)
  await using app = connect({ url: as(home.url, 'tenant_router_app', 'b'), max: 2 })
  const { sql } = app
  await sql`insert into tenants (id, name, tier, status) values ('acme', 'Acme', 'standard', 'active')`
  await sql`update tenants set name = 'Acme Bikes'`
  await sql`insert into audit (actor, action) values ('pat', 'tenant.create')`
  await sql`update audit set position = 1, hash = 'h'`
  await sql`select nextval('write_seq')`
  for (const forbidden of [
    sql`update audit set actor = 'somebody else'`,
    sql`delete from audit`,
    sql`delete from move_events`,
    sql`drop table tenants`,
    sql`alter table tenants add column more text`,
    sql`create table mine (a int)`,
  ])
    await expect(forbidden).rejects.toThrow(/permission denied|must be owner/)
})
