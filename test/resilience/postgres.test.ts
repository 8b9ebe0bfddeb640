import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { type EmbeddedPostgresServer, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { runCli } from '../cli/run-cli.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { expectStatus } from '../support/expect-status.ts'
import { type FaultProxy, faultProxy } from '../support/fault-proxy.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { faults } from './behaviour.ts'
import { type Asks, byProxy, meet } from './sick.ts'

let world: ServiceWorld
let home: { readonly dataDir: string; readonly port: number }
let server: EmbeddedPostgresServer
let proxy: FaultProxy
let replica: ServiceReplica
let acme: string
let platform: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  const folder = world.stack.use(await temporaryFolder())
  home = { dataDir: join(folder.path, 'postgres'), port: await freePort() }
  server = await startEmbeddedPostgres(home)
  world.stack.defer(() => server[Symbol.asyncDispose]())
  expect(await runCli(['migrate', '--yes'], { DATABASE_URL: server.url })).toMatchObject({ code: 0 })
  proxy = world.stack.use(await faultProxy(server.url))
  replica = await world.replica({ DATABASE_URL: proxy.url, SESSION_LEASE_S: '300', CACHE_TTL_S: '0' })
  acme = await world.onboard(replica, 'acme')
  platform = await world.issuer.staff('platform')
  const guide = { method: 'PUT', path: '/documents/guide', authorization: acme, body: { text: 'The lamp is red.' } }
  expectStatus(await replica.public(guide), 201)
  expectStatus(await replica.public({ path: '/retrieve', authorization: acme, body: { query: 'lamp' } }), 200)
})
afterAll(() => world[Symbol.asyncDispose]())

const asks: Asks<'postgres'> = {
  search: () => replica.public({ path: '/retrieve', authorization: acme, body: { query: 'lamp' } }),
  write: (round) =>
    replica.public({
      path: '/vectors/upsert',
      authorization: acme,
      body: { vectors: [{ id: `w-${round}`, values: bagOfWords('lamp') }] },
    }),
  document: (round) =>
    replica.public({
      method: 'PUT',
      path: `/documents/d-${round}`,
      authorization: acme,
      body: { text: `The bell is blue, ${round}.` },
    }),
  list: () => replica.public({ path: '/documents', authorization: acme }),
  staff: () => replica.admin({ path: '/tenants', authorization: platform }),
}

/** A statement past the proxy, from another database: the one at fault may take no changes. */
async function fromOutside(statement: string) {
  const url = new URL(server.url)
  url.pathname = '/postgres'
  await using database = connect({ url: url.href, max: 1 })
  await database.sql.unsafe(statement)
}

const readOnly = {
  async set() {
    await fromOutside('alter database tenant_router set default_transaction_read_only = on')
    await proxy.be({ kind: 'none' })
    // The fail-over itself cuts connections, as in the row above.
    await expect.poll(async () => (await asks.list('')).status).toBe(200)
    await expect.poll(async () => (await asks.staff('')).status).toBe(200)
  },
  async reset() {
    await fromOutside('alter database tenant_router reset default_transaction_read_only')
    await proxy.be({ kind: 'none' })
  },
}

const stopped = {
  async stop() {
    await server[Symbol.asyncDispose]()
    await proxy.be({ kind: 'down' })
  },
  async start() {
    server = await startEmbeddedPostgres(home)
    await proxy.be({ kind: 'none' })
  },
}

test.each(faults)('while Postgres is %s, callers see what the table says', async (fault) => {
  const [sicken, heal] =
    fault === 'down'
      ? [stopped.stop, stopped.start]
      : fault === 'wrong'
        ? [readOnly.set, readOnly.reset]
        : byProxy(proxy, fault, { kind: 'none' })
  await meet('postgres', fault, asks, sicken, heal)
})
