import { readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { ServiceWorld } from '../support/service-world.ts'

const file = (name: string) => readFile(new URL(`../../deploy/postgres/${name}`, import.meta.url), 'utf8')

function as(url: string, role: string, password: string): string {
  const own = new URL(url)
  own.username = role
  own.password = password
  return own.href
}

/** The schema, made by its owner, and the URL of the service's own role. */
async function prepare(home: TestDatabase): Promise<string> {
  await home.sql.unsafe('drop schema drizzle cascade; drop schema public cascade; create schema public')
  const roles = await file('roles.sql')
  for (const _ of ['once', 'and again']) await home.sql.unsafe(roles)
  await home.sql.unsafe(
    `alter role tenant_router_owner login password 'a'; alter role tenant_router_app login password 'b'`,
  )
  await using owner = connect({ url: as(home.url, 'tenant_router_owner', 'a'), max: 2 })
  await migrate(owner)
  const evidence = await file('evidence.sql')
  for (const _ of ['once', 'and again']) await owner.sql.unsafe(evidence)
  return as(home.url, 'tenant_router_app', 'b')
}

test('the role of the service alters no table and no evidence', async () => {
  await using home = await testDatabase()
  await using app = connect({ url: await prepare(home), max: 2 })
  const { sql } = app
  await sql`insert into audit (actor, action) values ('pat', 'tenant.create')`
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

test('the service runs under its role: tenants, documents, a promote to its end, the chain of the audit', async () => {
  await using world = await ServiceWorld.open()
  const replica = await world.replica({ DATABASE_URL: await prepare(world.home), MOVE_RETENTION_H: '0' })
  await world.onboard(replica, 'acme')
  const tenant = await world.issuer.tenant('acme')
  const put = { method: 'PUT', path: '/documents/a', authorization: tenant, body: { text: 'Refunds take 14 days.' } }
  expect((await replica.public(put)).status).toBe(201)
  const authorization = await world.issuer.staff('platform')
  const moved = await replica.admin({ path: '/tenants/acme/moves', authorization, body: { kind: 'promote' } })
  expect(moved.status).toBe(202)
  const ended = async () => {
    const move = await replica.admin({ path: `/moves/${moved.json.id}`, authorization })
    expect(move.json).toMatchObject({ state: 'completed' })
  }
  await vi.waitFor(ended, { timeout: 100_000, interval: 100 })
  const asked = await replica.public({ path: '/retrieve', authorization: tenant, body: { query: 'refunds' } })
  expect(asked.json.matches[0].text).toBe('Refunds take 14 days.')
  const chained = async () => {
    const state = await replica.admin({ path: '/audit/state', authorization })
    expect(state.json).toMatchObject({ unchained: 0 })
    expect(state.json.rows).toBeGreaterThan(1)
  }
  await vi.waitFor(chained, { timeout: 60_000 })
})
