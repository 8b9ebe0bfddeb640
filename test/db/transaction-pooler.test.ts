import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { NotifyListener } from '../../src/db/listener.ts'
import { migrate } from '../../src/db/migrate.ts'
import { registryFault } from '../../src/db/registry-fault.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type TransactionPooler, transactionPooler } from '../support/transaction-pooler.ts'

let home: TestDatabase
let pooler: TransactionPooler
let stack: AsyncDisposableStack
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  home = stack.use(await testDatabase())
  pooler = stack.use(await transactionPooler(home.url))
})
afterEach(() => stack.disposeAsync())

test('the driver alone, behind the pooler of these tests, loses what it says is committed', async () => {
  await home.sql`create table notes (n int primary key)`
  const driver = postgres(pooler.url, { max: 1, fetch_types: false })
  for (let n = 0; n < 6; n += 1) await driver.begin((tx) => tx.unsafe(`insert into notes values (${n})`))
  await driver.end()
  const there = await home.sql`select n from notes`
  expect(there.length).toBeLessThan(6)
})

test('every transaction that was acknowledged is there', async () => {
  await home.sql`create table notes (n int primary key)`
  const database = stack.use(connect({ url: pooler.url, max: 4 }))
  const acknowledged: number[] = []
  await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      await database.db.transaction(async (tx) => {
        await tx.execute(sql`insert into notes values (${n})`)
        await tx.execute(sql`select pg_advisory_xact_lock(1)`)
      })
      acknowledged.push(n)
    }),
  )
  expect(pooler.switched()).toBeGreaterThan(10)
  expect((await home.sql`select n from notes`).map(({ n }) => n).sort()).toEqual(acknowledged.sort())
  expect(acknowledged).toHaveLength(40)
})

test('a COMMIT that is answered with ROLLBACK is a fault, which says that nothing was changed', async () => {
  await home.sql`create table notes (n int primary key)`
  const database = stack.use(connect({ url: pooler.url, max: 1 }))
  const put = (n: number) =>
    database.db.transaction(async (tx) => {
      await tx.execute(sql`insert into notes values (${n})`)
      return n
    })
  pooler.spoilNextCommit()
  const fault: unknown = await put(1).catch((error: unknown) => error)
  expect(fault).toMatchObject({ message: expect.stringContaining('rolled the transaction back') })
  expect(registryFault(fault)).toBe('refused')
  expect(await put(2)).toBe(2)
  expect(await home.sql`select n from notes`).toEqual([{ n: 2 }])
})

test('two migrations at once end, and leave no lock behind in a session', async () => {
  await home.sql`drop schema drizzle cascade`
  await home.sql`drop schema public cascade`
  await home.sql`create schema public`
  const patient = { url: pooler.url, max: 2, patienceMs: Number.POSITIVE_INFINITY }
  const [one, two] = [connect(patient), connect(patient)]
  stack.use(one)
  stack.use(two)
  await Promise.all([migrate(one), migrate(two)])
  await migrate(one)
  expect(await home.sql`select tick from routing_clock`).toEqual([{ tick: '0' }])
  expect(
    await home.sql`select from pg_locks where locktype = 'advisory' and database = (
    select oid from pg_database where datname = current_database())`,
  ).toHaveLength(0)
})

const quick = { probeEveryMs: 50, patienceMs: 2_000, pollMs: 20 }

test('a listener behind the pooler finds out that it is deaf, and those who wait look for themselves', async () => {
  const database = stack.use(connect({ url: pooler.url, max: 2 }))
  const isDeaf = vi.fn()
  const tell = async (channel: string, payload: string) =>
    void (await database.sql`select pg_notify(${channel}, ${payload})`)
  const listener = stack.use(new NotifyListener({ url: pooler.url, tell, onDeaf: isDeaf, times: quick }))
  const looked = vi.fn()
  await listener.listen('news', () => undefined, looked)
  await expect.poll(() => isDeaf.mock.calls).toEqual([[true]])
  const before = looked.mock.calls.length
  await expect.poll(() => looked.mock.calls.length).toBeGreaterThan(before + 2)
})

test('a listener with a way past the pooler hears what is notified through it', async () => {
  const database = stack.use(connect({ url: pooler.url, max: 2 }))
  const isDeaf = vi.fn()
  const told = vi.fn()
  const tell = async (channel: string, payload: string) => {
    await database.sql`select pg_notify(${channel}, ${payload})`
    told()
  }
  const listener = stack.use(new NotifyListener({ url: home.url, tell, onDeaf: isDeaf, times: quick }))
  const heard = vi.fn()
  await listener.listen('news', heard)
  await database.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_notify('news', 'one')`)
  })
  await expect.poll(() => heard.mock.calls).toEqual([['one']])
  await expect.poll(() => told.mock.calls.length).toBeGreaterThan(3)
  expect(isDeaf).not.toHaveBeenCalled()
})
