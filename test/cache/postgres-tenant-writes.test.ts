import { afterEach, beforeEach, expect, test } from 'vitest'
import { listenForTenantWrites, tenantWritesChannel } from '../../src/cache/postgres-tenant-writes.ts'
import { connect } from '../../src/db/connect.ts'
import { parseTenantId, type TenantId } from '../../src/placement/tenant-id.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let home: TestDatabase
let stack: AsyncDisposableStack
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  home = stack.use(await testDatabase())
})
afterEach(() => stack.disposeAsync())

const [acme, other] = [parseTenantId('acme'), parseTenantId('other')]

/** A replica, and what it dropped. */
async function replica() {
  const dropped: (TenantId | 'all')[] = []
  const database = stack.use(connect({ url: home.url, max: 2, applicationName: 'replica' }))
  const cache = {
    drop: (tenantId: TenantId) => void dropped.push(tenantId),
    dropAll: () => void dropped.push('all'),
  }
  const writes = stack.use(await listenForTenantWrites({ database, cache }))
  return { dropped, writes }
}

test('a write drops the tenant’s answers here at once, and in the other replica soon', async () => {
  const [here, there] = [await replica(), await replica()]
  here.writes.announce(acme)
  expect(here.dropped).toEqual([acme])
  await expect.poll(() => there.dropped).toEqual([acme])
})

test('writes of one moment are announced together', async () => {
  const [here, there] = [await replica(), await replica()]
  for (let time = 0; time < 500; time += 1) here.writes.announce(acme)
  here.writes.announce(other)
  await expect.poll(() => new Set(there.dropped)).toEqual(new Set([acme, other]))
  // Its notifications came before this one.
  await home.sql.notify(tenantWritesChannel, 'last')
  await expect.poll(() => there.dropped).toContain('last')
  expect(there.dropped.length).toBeLessThan(10)
})

test('an announcement just before the end is still sent', async () => {
  const there = await replica()
  {
    await using closing = connect({ url: home.url, max: 2 })
    const cache = { drop: () => undefined, dropAll: () => undefined }
    await using writes = await listenForTenantWrites({ database: closing, cache })
    writes.announce(acme)
  }
  await expect.poll(() => there.dropped).toEqual([acme])
})

test('after its connection was lost a replica drops everything, and hears again', async () => {
  const there = await replica()
  await home.sql`select pg_terminate_backend(pid) from pg_stat_activity
    where starts_with(application_name, 'replica #') and query ilike 'listen%'`
  await expect.poll(() => there.dropped, { timeout: 60_000 }).toEqual(['all'])
  await home.sql.notify(tenantWritesChannel, acme)
  await expect.poll(() => there.dropped).toEqual(['all', acme])
})
