import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeSigningKey, readSigningKey } from '../../src/evidence/signing-key.ts'
import { listen } from '../../src/http/listen.ts'
import { ServiceWorld } from '../support/service-world.ts'
import { runCli } from './run-cli.ts'

let world: ServiceWorld
let folder: string
let env: Record<string, string>
beforeEach(async () => {
  world = await ServiceWorld.open()
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-audit-'))
  await writeFile(join(folder, 'key.pem'), makeSigningKey())
})
afterEach(async () => {
  await world[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Two replicas, the first of which is called. */
async function serve(keyFile?: string): Promise<void> {
  const settings = keyFile === undefined ? {} : { SIGNING_KEY_FILE: keyFile }
  const replica = await world.replica(settings)
  await world.replica(settings)
  const listener = world.stack.use(await listen(replica.services.adminApp, { host: '127.0.0.1', port: 0 }))
  const authorization = await world.issuer.staff('platform')
  env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: authorization.replace('Bearer ', '') }
}

const run = (...args: string[]) => runCli(args, env)

/** Makes a few deeds, and waits until all of them are chained. */
async function act(): Promise<number> {
  const deeds = [
    ['POST', '/tenants', { id: 'acme', name: 'Acme' }],
    ['PATCH', '/tenants/acme', { tier: 'enterprise' }],
    ['POST', '/tenants/acme/suspend', undefined],
    ['POST', '/tenants/acme/resume', undefined],
  ] as const
  for (const [method, path, body] of deeds) {
    const answer = await fetch(new URL(path, env.TENANT_ROUTER_URL), {
      method,
      headers: { authorization: `Bearer ${env.TENANT_ROUTER_TOKEN}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    expect(answer.ok).toBe(true)
  }
  return untilChained()
}

async function untilChained(): Promise<number> {
  const rows = await vi.waitFor(
    async () => {
      const [row] = await world.home.sql<{ rows: number; open: number }[]>`
        select count(*)::int as rows, count(*) filter (where position is null)::int as open from audit`
      expect(row?.open).toBe(0)
      return row?.rows ?? 0
    },
    { timeout: 60_000, interval: 50 },
  )
  return rows
}

test('an audit row says who, by which key, when, what before and after, and why', async () => {
  await serve()
  await act()
  const tag = ['tenants', 'tag', 'acme', 'standard', '--note', 'contract 4711, signed “today”', '--yes']
  expect(await run(...tag)).toMatchObject({ code: 0 })
  const { code, out } = await run('audit', 'list', '--tenant', 'acme', '--json')
  expect(code).toBe(0)
  const items = JSON.parse(out).items as Record<string, unknown>[]
  expect(items.map((deed) => deed.action)).toEqual([
    'tenant.tag',
    'tenant.resume',
    'tenant.suspend',
    'tenant.tag',
    'tenant.create',
  ])
  const call = { roles: ['platform'], address: '127.0.0.1', keyId: world.issuer.key.kid }
  for (const deed of items) expect(deed).toMatchObject({ ...call, requestId: expect.stringMatching(/./) })
  expect(items[0]).toMatchObject({
    before: { tier: 'enterprise' },
    after: { tier: 'standard' },
    note: 'contract 4711, signed “today”',
  })
  expect(items[2]).toMatchObject({ before: { status: 'active' }, after: { status: 'suspended' }, note: null })
})

test('two replicas chain and sign every row once, and an export is verified by the public key alone', async () => {
  await serve(join(folder, 'key.pem'))
  const rows = await act()
  const [exported, publicKey] = [join(folder, 'audit.ndjson'), join(folder, 'key.pub.pem')]
  await vi.waitFor(async () => expect((await run('audit', 'verify')).out).toContain('all of them are signed'), {
    timeout: 60_000,
  })
  await writeFile(exported, (await run('audit', 'export')).out)
  await writeFile(publicKey, readSigningKey(await readFile(join(folder, 'key.pem'), 'utf8')).publicKey)
  const offline = await runCli(['audit', 'verify', exported, '--public-key', publicKey])
  expect(offline).toEqual({ code: 0, err: '', out: `${rows} rows, whole; all of them are signed.\n` })

  const lines = (await readFile(exported, 'utf8')).trim().split('\n')
  const places = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'row')
  expect(places.map(({ position }) => position)).toEqual(Array.from({ length: rows }, (_, n) => n + 1))

  const foreign = join(folder, 'foreign.pub.pem')
  await writeFile(foreign, readSigningKey(makeSigningKey()).publicKey)
  const distrusted = await runCli(['audit', 'verify', exported, '--public-key', foreign])
  expect([distrusted.code, distrusted.out]).toEqual([1, expect.stringContaining('not among the given keys')])
})

test('rows that no replica has chained are told, not passed over', async () => {
  await serve()
  const rows = await act()
  const [isHeld, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  // As if another replica had stopped in the midst of its round.
  const round = world.home.sql.begin(async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtext('tenant-router audit chain'))`
    isHeld.resolve()
    await goOn.promise
  })
  await isHeld.promise
  await world.home.sql`insert into audit (actor, action) values ('pat', 'tenant.change')`
  const { code, out, err } = await run('audit', 'verify')
  expect([code, out]).toEqual([0, `${rows} rows, whole; none of them is signed.\n`])
  expect(err).toContain('1 row not in the chain yet and not verified')
  goOn.resolve()
  await round
  expect(await untilChained()).toBe(rows + 1)
  expect(await run('audit', 'verify')).toMatchObject({ code: 0, err: '' })
})

test('openssl makes keys that the service takes', async () => {
  const made = join(folder, 'openssl.pem')
  await promisify(execFile)('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', made])
  await serve(made)
  await act()
  await vi.waitFor(async () => expect((await run('audit', 'verify')).out).toContain('all of them are signed'), {
    timeout: 60_000,
  })
})

test('without a key the audit is chained and nothing is signed; a key signs what is there', async () => {
  await serve()
  const rows = await act()
  expect(await run('audit', 'verify')).toMatchObject({ code: 0, out: `${rows} rows, whole; none of them is signed.\n` })
  await world.replica({ SIGNING_KEY_FILE: join(folder, 'key.pem') })
  await vi.waitFor(async () => expect((await run('audit', 'verify')).out).toContain('all of them are signed'), {
    timeout: 60_000,
  })
})

test.each<[string, (w: ServiceWorld) => Promise<unknown>, string]>([
  [
    'changed',
    ({ home }) => home.sql`update audit set note = 'paid' where position = 3`,
    'Row 3 (tenant.suspend of acme',
  ],
  ['removed', ({ home }) => home.sql`delete from audit where position = 2`, 'Row 2 is missing.'],
  ['removed at the end', ({ home }) => home.sql`delete from audit where position = 4`, 'Row 4 is missing.'],
  [
    'exchanged',
    ({ home }) =>
      home.sql.begin(async (sql) => {
        await sql`update audit set position = -2 where position = 2`
        await sql`update audit set position = 2 where position = 3`
        await sql`update audit set position = 3 where position = -2`
      }),
    'Row 2 (tenant.suspend of acme',
  ],
])('a row that somebody has %s is found', async (_, tamper, words) => {
  await serve(join(folder, 'key.pem'))
  await act()
  await vi.waitFor(async () => expect((await run('audit', 'verify')).out).toContain('all of them'), { timeout: 60_000 })
  await tamper(world)
  const { code, out, err } = await run('audit', 'verify')
  expect([code, out, err]).toEqual([1, expect.stringContaining(words), expect.stringContaining('not whole')])
})

test('a chain that was rewritten from its start, with other rows, fails by its signatures and by an earlier export', async () => {
  await serve(join(folder, 'key.pem'))
  await act()
  await vi.waitFor(async () => expect((await run('audit', 'verify')).out).toContain('all of them'), { timeout: 60_000 })
  const earlier = join(folder, 'earlier.ndjson')
  await writeFile(earlier, (await run('audit', 'export')).out)
  await world.home.sql`update audit set note = 'paid' where position = 3`
  await world.home.sql`update audit set position = null, hash = null`
  await untilChained()
  const { code, out } = await run('audit', 'verify', '--against', earlier)
  expect(code).toBe(1)
  expect(out).toContain('were rewritten: the checkpoint signed there has another hash')
  expect(out).toContain('The row 4, at which the earlier export ends, is another one now')
})

test('a note of two lines, a file that is no export and a key that is none are refused with a sentence', async () => {
  await serve()
  const noted = await run('tenants', 'create', 'b', '--name', 'B', '--note', 'one\ntwo', '--yes')
  expect([noted.code, noted.err]).toEqual([3, expect.stringContaining('X-Change-Note is up to 500 characters')])
  await writeFile(join(folder, 'no.ndjson'), '{"kind":"row"}\n')
  const file = await run('audit', 'verify', join(folder, 'no.ndjson'))
  expect([file.code, file.err]).toEqual([1, expect.stringContaining('is not an export of the audit: see its line 1')])
  const key = await run('audit', 'verify', '--public-key', join(folder, 'key.pem'))
  expect([key.code, key.err]).toEqual([1, expect.stringContaining('is not an Ed25519 public key in PEM')])
  await expect(world.replica({ SIGNING_KEY_FILE: join(folder, 'no.ndjson') })).rejects.toThrow('SIGNING_KEY_FILE')
})
