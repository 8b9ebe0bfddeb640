import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { NotifyListener } from '../../src/db/listener.ts'
import { registryFault } from '../../src/db/registry-fault.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type TcpWay, tcpWay } from '../support/tcp-way.ts'

let home: TestDatabase
let way: TcpWay
let stack: AsyncDisposableStack
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  home = stack.use(await testDatabase())
  way = stack.use(await tcpWay(home.url))
})
afterEach(() => stack.disposeAsync())

const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'answered',
    (error: unknown) => registryFault(error),
  )

test('after a fail-over that resets no connection, what waits fails and the next statement is answered', async () => {
  const database = stack.use(connect({ url: way.url, max: 3, patienceMs: 1_500 }))
  const { db } = database
  await Promise.all(Array.from({ length: 3 }, () => db.execute(sql`select pg_sleep(0.1)`)))
  expect(way.taken()).toBeGreaterThanOrEqual(3)
  const held = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const transaction = outcomeOf(
    db.transaction(async (tx) => {
      await tx.execute(sql`select 1`)
      begun.resolve()
      await held.promise
      await tx.execute(sql`select 2`)
    }),
  )
  await begun.promise
  way.loseConnections()
  held.resolve()
  const many = Array.from({ length: 20 }, () => outcomeOf(db.execute(sql`select 3`)))
  expect(await transaction).toBe('broken_off')
  expect(new Set(await Promise.all(many))).toEqual(new Set(['broken_off']))
  // The same `db`: nobody has to ask for a new one.
  expect(await db.execute(sql`select 4 as four`)).toEqual([{ four: 4 }])
})

test('a statement that waits for a lock is no dead connection, and is left to wait', async () => {
  const database = stack.use(connect({ url: way.url, max: 1, patienceMs: 1_500 }))
  await home.sql`create table held (n int)`
  let waiting: Promise<unknown> | undefined
  await home.sql.begin(async (tx) => {
    await tx`lock table held in access exclusive mode`
    waiting = outcomeOf(database.db.execute(sql`insert into held values (1)`))
    // Asked about it at least twice, each time over a connection of its own.
    await expect.poll(() => way.taken()).toBeGreaterThanOrEqual(3)
  })
  expect(await waiting).toBe('answered')
})

test('a pool whose connections are taken and dropped again fails what waits, and goes on when they are kept', async () => {
  const database = stack.use(connect({ url: way.url, max: 2, patienceMs: 1_500 }))
  await database.sql`select 1`
  way.drop(true)
  expect(await outcomeOf(database.db.execute(sql`select 2`))).toBe('broken_off')
  expect(await outcomeOf(database.db.transaction(async (tx) => tx.execute(sql`select 2`)))).toBe('broken_off')
  expect(way.taken()).toBeGreaterThan(2)
  way.drop(false)
  await vi.waitFor(async () => expect(await database.sql`select 3 as three`).toEqual([{ three: 3 }]), 20_000)
})

test('a small statement_timeout fails statements and nothing else, also on connections that are new', async () => {
  const name = new URL(home.url).pathname.slice(1)
  const database = stack.use(connect({ url: way.url, max: 2 }))
  await database.sql`select 1`
  await home.sql.unsafe(`alter database ${name} set statement_timeout = '1ms'`)
  way.cut()
  const slow = () => outcomeOf(database.db.execute(sql`select pg_sleep(1)`))
  await vi.waitFor(async () => expect(await slow()).toBe('refused'), 20_000)
  await home.sql.unsafe(`alter database ${name} reset statement_timeout`)
})

test('a listener whose connection is swallowed, cut or refused hears again, and says that it may have missed something', async () => {
  const tell = async (channel: string, payload: string) =>
    void (await home.sql`select pg_notify(${channel}, ${payload})`)
  const times = { probeEveryMs: 50, patienceMs: 500, pollMs: 20 }
  const listener = stack.use(new NotifyListener({ url: way.url, tell, times }))
  const heard: string[] = []
  const missed = vi.fn()
  await listener.listen('news', (payload) => void heard.push(payload), missed)
  for (const fault of [way.loseConnections, way.cut]) {
    const [before, taken] = [missed.mock.calls.length, way.taken()]
    fault()
    await expect.poll(() => way.taken()).toBeGreaterThan(taken)
    await expect.poll(() => missed.mock.calls.length).toBeGreaterThan(before)
    const word = `after ${taken}`
    await vi.waitFor(async () => {
      await tell('news', word)
      await expect.poll(() => heard, { timeout: 500 }).toContain(word)
    }, 20_000)
  }
})

test('a Postgres that comes back just after the listener could not reach it makes nobody deaf', async () => {
  await using home = await testDatabase()
  await using way = await tcpWay(home.url)
  const isDeaf = vi.fn()
  const onFault = vi.fn()
  // Telling goes another way, and finds Postgres back at once.
  const tell = async (channel: string, payload: string) => {
    way.drop(false)
    await home.sql`select pg_notify(${channel}, ${payload})`
  }
  const times = { probeEveryMs: 600_000, patienceMs: 5_000, pollMs: 20 }
  await using listener = new NotifyListener({ url: way.url, tell, onFault, onDeaf: isDeaf, times })
  const heard = vi.fn()
  await listener.listen('news', heard)
  await expect.poll(() => listener.isDeaf).toBe(false)
  way.drop(true)
  await expect.poll(() => onFault.mock.calls.length, { timeout: 60_000 }).toBeGreaterThan(0)
  await expect
    .poll(
      async () => {
        await home.sql`select pg_notify('news', 'one')`
        return heard.mock.calls.length
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThan(0)
  expect(isDeaf).not.toHaveBeenCalled()
})
