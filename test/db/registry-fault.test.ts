import { expect, test } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { isDiskFull, registryFault } from '../../src/db/registry-fault.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { AppError } from '../../src/errors.ts'
import { indexesWithoutModel } from '../../src/registry/indexes-without-model.ts'
import { testDatabase } from '../support/database.ts'

async function faultOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error,
  )
}

test('a Postgres that nobody listens for refuses, in a statement and in a transaction', async () => {
  await using database = connect({ url: `postgres://u:p@127.0.0.1:${await freePort()}/x` })
  expect(registryFault(await faultOf(indexesWithoutModel(database.db, [])))).toBe('refused')
  expect(registryFault(await faultOf(database.db.transaction(async (tx) => tx.execute('select 1'))))).toBe('refused')
})

test('a connection that is cut in the middle of a statement has broken off', async () => {
  await using home = await testDatabase()
  const database = connect({ url: home.url, max: 1 })
  const [own] = await database.sql`select pg_backend_pid() as pid`
  const sleeping = faultOf(database.db.execute('select pg_sleep(60)'))
  await home.sql`select pg_terminate_backend(${own?.pid}::int)`
  expect(registryFault(await sleeping)).toBe('broken_off')
  await database.sql.end({ timeout: 0 })
})

test('a full disk is a refusal and is reported as such; so is a lack of memory', async () => {
  await using home = await testDatabase()
  const raise = (state: string) =>
    home.db.execute(`do $$ begin raise exception using errcode = '${state}', message = 'no room'; end $$`)
  const full = await faultOf(raise('53100'))
  expect([registryFault(full), isDiskFull(full)]).toEqual(['refused', true])
  const memory = await faultOf(raise('53200'))
  expect([registryFault(memory), isDiskFull(memory)]).toEqual(['refused', false])
})

test('a wrong statement, a broken rule and a fault of ours are none of the connection', async () => {
  await using home = await testDatabase()
  expect(registryFault(await faultOf(home.db.execute('select nonsense')))).toBeUndefined()
  expect(registryFault(await faultOf(home.db.execute(`insert into routing_clock values (false, 1)`)))).toBeUndefined()
  expect(registryFault(new AppError('conflict', 'no'))).toBeUndefined()
  expect(registryFault(new TypeError('no'))).toBeUndefined()
  expect(registryFault(Object.assign(new Error('a file'), { code: 'ENOENT', syscall: 'open' }))).toBeUndefined()
})
