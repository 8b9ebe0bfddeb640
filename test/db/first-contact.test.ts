import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { firstContact } from '../../src/db/first-contact.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { testDatabase } from '../support/database.ts'

async function refusalOf(url: string): Promise<string> {
  await using database = connect({ url, max: 1 })
  return await firstContact(url, async () => database.sql`select 1`).then(
    () => 'none',
    (error: Error) => error.message,
  )
}

test('a Postgres that cannot be reached is named by its host, without the password', async () => {
  const port = await freePort()
  const told = await refusalOf(`postgres://ann:hidden-word@127.0.0.1:${port}/registry`)
  expect(told).toBe(`Postgres at 127.0.0.1:${port} (DATABASE_URL) refuses connections: nothing listens there.`)
  expect(await refusalOf('postgres://ann:hidden-word@no-such-host.invalid/registry')).toBe(
    'Postgres at no-such-host.invalid:5432 (DATABASE_URL) cannot be found: no such host is known.',
  )
})

test('a missing database and a broken connection are each reported as such', async () => {
  await using home = await testDatabase()
  const other = new URL(home.url)
  other.pathname = '/nothing_here'
  expect(await refusalOf(other.href)).toContain('has no database nothing_here.')
  const server = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  expect(await refusalOf(`postgres://ann:hidden-word@127.0.0.1:${port}/x`)).toContain('drops the connection.')
  server.close()
})

test('what is no fault of the connection is passed on as it is', async () => {
  const wrong = new Error('The database lacks 1 migration(s).')
  await expect(firstContact('postgres://h/x', () => Promise.reject(wrong))).rejects.toBe(wrong)
})
