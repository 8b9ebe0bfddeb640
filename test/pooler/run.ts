import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../src/db/connect.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { type EmbeddedParts, startParts } from '../../src/embedded/parts.ts'
import { runCli } from '../cli/run-cli.ts'
import { type Entry, startEntry } from '../e2e/run-entry.ts'
import { startPgBouncer } from './pgbouncer.ts'

/**
 * `npm run test:pooler`: two replicas behind the machine's PgBouncer in transaction mode, from an empty database to
 * documents written by both. `npm test` asks the same of a pooler of its own (`test/db/transaction-pooler.test.ts`).
 */
const deaf = 'DATABASE_LISTEN_URL'
const folder = await mkdtemp(join(tmpdir(), 'tenant-router-pooler-'))
await chmod(folder, 0o755) // PgBouncer does not run as root
await using stack = new AsyncDisposableStack()
stack.defer(() => rm(folder, { recursive: true, force: true }))
const names = { tenantClaim: 'tenant_id', groupsClaim: 'groups', rolesClaim: 'roles' }
const issuer = { issuer: 'https://id.example.com/', audience: 'tenant-router', ...names }
const parts = stack.use(await startParts({ folder: join(folder, 'data'), issuer }))
const direct = parts.settings.DATABASE_URL ?? ''
const pooler = stack.use(await startPgBouncer(direct, join(folder, 'pgbouncer')))
console.log(pooler.version)

const migrated = await Promise.all([1, 2].map(() => runCli(['migrate', '--yes'], { DATABASE_URL: pooler.url })))
for (const { code, err } of migrated) assert.equal(code, 0, err)
await using database = connect({ url: direct, max: 1 })
const locks = await database.sql`select from pg_locks where locktype = 'advisory'`
assert.equal(locks.length, 0, 'a lock of the migration stayed behind')
console.log('ok  two migrations at once, and no lock is left')

const [one, two] = [await replica(parts, {}), await replica(parts, {})]
const staff = await parts.issuer.mint({ role: 'platform' })
const tenants = ['acme', 'bolt', 'corn']
await Promise.all(
  tenants.map(async (id, n) => {
    const created = await call([one, two][n % 2]?.adminUrl ?? '', '/tenants', staff, 'POST', { id, name: id })
    assert.ok([201, 202].includes(created.status), `${id}: ${created.status} ${await created.text()}`)
  }),
)
const acknowledged = await Promise.all(tenants.map((tenant) => write(tenant, 20)))
for (const [n, tenant] of tenants.entries()) {
  const there = await database.sql`select from documents where tenant_id = ${tenant} and state = 'ready'`
  assert.equal(
    there.length,
    acknowledged[n],
    `${tenant}: ${acknowledged[n]} were acknowledged, ${there.length} are there`,
  )
}
console.log(`ok  ${acknowledged.join(' + ')} documents were acknowledged, and all are there`)

await one.entry.until(deaf)
console.log('ok  a replica says that it hears nothing, and how to mend it')
const hearing = await replica(parts, { DATABASE_LISTEN_URL: direct })
await sleep(12_000)
assert.ok(!hearing.entry.printed().includes(deaf), hearing.entry.printed())
console.log('ok  one with a direct connection for LISTEN hears')
for (const { entry } of [one, two, hearing]) {
  assert.equal(entry.child.exitCode, null)
  entry.child.kill('SIGTERM')
  assert.equal(await entry.ended, 0, entry.printed())
}
console.log('4 passed, 0 failed')

interface Replica {
  readonly entry: Entry
  readonly publicUrl: string
  readonly adminUrl: string
}

async function replica({ settings }: EmbeddedParts, env: Readonly<Record<string, string>>): Promise<Replica> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const own = { DATABASE_URL: pooler.url, HOST: '127.0.0.1', PORT: String(port), ADMIN_PORT: String(adminPort) }
  const entry = stack.use(startEntry('main.ts', { ...settings, ...own, ...env }))
  await entry.until('"msg":"ready"')
  return { entry, publicUrl: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${adminPort}` }
}

/** Writes through both replicas in turn; returns how many writes were acknowledged. */
async function write(tenant: string, count: number): Promise<number> {
  const token = await parts.issuer.mint({ tenant })
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const { publicUrl } = n % 2 === 0 ? one : two
      const body = { text: `Document ${n} of ${tenant} says what number ${n} is.` }
      const answer = await call(publicUrl, `/documents/d${n}`, token, 'PUT', body)
      return answer.status
    }),
  )
  return answers.filter((status) => status === 200 || status === 201).length
}

function call(url: string, path: string, token: string, method: string, body: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) })
}
