import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial } from 'node:net'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { testDatabase } from '../support/database.ts'

test('a pool that is made anew while a connection waits for its first answer ends nothing but what waited', async () => {
  await using home = await testDatabase()
  const { hostname, port } = new URL(home.url)
  let swallows = true
  const isAsked = Promise.withResolvers<void>()
  // Lets the greeting through, and swallows whatever is asked after it.
  const way = createServer((socket) => {
    const onward = dial(Number(port), hostname)
    let greeted = false
    onward.on('data', (data) => {
      greeted ||= data.includes('server_version')
      socket.write(data)
    })
    socket.on('data', (data) => {
      if (greeted && swallows) isAsked.resolve()
      else onward.write(data)
    })
    for (const side of [socket, onward]) side.on('error', () => undefined)
    socket.on('close', () => onward.destroy())
    onward.on('close', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(way, 'listening')
  const target = new URL(home.url)
  target.port = String((way.address() as AddressInfo).port)
  await using database = connect({ url: target.href, max: 1 })
  const waiting = database.sql`select 1`.then(
    () => 'answered',
    (error: { code?: string }) => error.code,
  )
  await isAsked.promise
  swallows = false
  // A rejection that nobody handles would end the process here, and fails the run of the tests.
  database.replace()
  expect(await waiting).toBe('CONNECTION_DESTROYED')
  expect(await database.sql`select 2 as two`).toEqual([{ two: 2 }])
  way.close()
})

test('lists go to Postgres and come back, of whatever type the registry has', async () => {
  await using home = await testDatabase()
  await using database = connect({ url: home.url, max: 1 })
  const [row] = await database.db.execute(sql`select
    ${sql.param(['a', 'b,"c'])}::text[] as texts, ${sql.param([1, 2])}::int[] as ints,
    ${sql.param([1, 2])}::bigint[] as bigs, ${sql.param([1.5])}::float8[] as floats,
    ${sql.param([])}::text[] as none,
    ${sql.param(['00000000-0000-0000-0000-000000000001'])}::uuid[] as uuids`)
  expect(row).toEqual({
    texts: ['a', 'b,"c'],
    ints: [1, 2],
    bigs: ['1', '2'],
    floats: [1.5],
    none: [],
    uuids: ['00000000-0000-0000-0000-000000000001'],
  })
})
