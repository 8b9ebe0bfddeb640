import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { startParts } from '../../src/embedded/parts.ts'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { runCli } from '../cli/run-cli.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { tcpWay } from '../support/tcp-way.ts'
import { issuer, startEntry } from './run-entry.ts'

test('no fault of Postgres ends a replica, and it is ready again after each', async () => {
  await using folder = await temporaryFolder()
  await using parts = await startParts({ folder: folder.path, issuer })
  await using stack = new AsyncDisposableStack()
  const home = { dataDir: join(folder.path, 'another-postgres'), port: await freePort() }
  let server = await startEmbeddedPostgres(home)
  stack.defer(() => server[Symbol.asyncDispose]())
  await using way = await tcpWay(server.url)
  const [port, adminPort] = [String(await freePort()), String(await freePort())]
  const env = {
    ...parts.settings,
    DATABASE_URL: way.url,
    HOST: '127.0.0.1',
    PORT: port,
    ADMIN_PORT: adminPort,
    SESSION_LEASE_S: '2',
    LOG_LEVEL: 'warn',
  }
  expect(await runCli(['migrate', '--yes'], { ...env, DATABASE_URL: server.url })).toMatchObject({ code: 0 })
  await using replica = startEntry('main.ts', { ...env, LOG_LEVEL: 'info' })
  await replica.until('"msg":"ready"')

  const readiness = async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`)
    return response.status
  }
  const isReady = () => expect.poll(readiness, { timeout: 60_000 }).toBe(200)
  const isUnready = () => expect.poll(readiness, { timeout: 60_000 }).toBe(503)
  const onServer = async (statement: string) => {
    await using database = connect({ url: server.url, max: 1 })
    await database.sql.unsafe(statement)
  }
  await isReady()

  // A fail-over that resets nothing, and whose new server is there once it was seen.
  way.loseConnections()
  way.refuse(true)
  await isUnready()
  way.refuse(false)
  await isReady()

  // Away behind a pooler, which takes connections and drops them.
  way.drop(true)
  await isUnready()
  way.drop(false)
  await isReady()

  // A restart, quick and then slow.
  await server[Symbol.asyncDispose]()
  server = await startEmbeddedPostgres(home)
  await isReady()
  await server[Symbol.asyncDispose]()
  await isUnready()
  server = await startEmbeddedPostgres(home)
  await isReady()

  // A time limit for statements that connections of their own begin with.
  await onServer(`alter database tenant_router set statement_timeout = '1ms'`)
  way.cut()
  await expect.poll(() => replica.printed(), { timeout: 60_000 }).toContain('statement timeout')
  await onServer('alter database tenant_router reset statement_timeout')
  way.cut()
  await isReady()

  expect(replica.child.exitCode).toBeNull()
  replica.child.kill('SIGTERM')
  expect(await replica.ended).toBe(0)
})
