import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeSigningKey, readSigningKey } from '../../src/evidence/signing-key.ts'
import { listen } from '../../src/http/listen.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { runCli } from './run-cli.ts'

let world: ServiceWorld
let folder: string
let env: Record<string, string>
let replica: ServiceReplica
const key = makeSigningKey()
beforeEach(async () => {
  world = await ServiceWorld.open()
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-import-'))
  await writeFile(join(folder, 'key.pem'), key)
  await writeFile(join(folder, 'key.pub.pem'), readSigningKey(key).publicKey)
  replica = await world.replica({ SIGNING_KEY_FILE: join(folder, 'key.pem') })
  const listener = world.stack.use(await listen(replica.services.adminApp, { host: '127.0.0.1', port: 0 }))
  const authorization = await world.issuer.staff('platform')
  env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: authorization.replace('Bearer ', '') }
  await world.onboard(replica, 'acme')
})
afterEach(async () => {
  await world[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: string[]) => runCli(args, env)
const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).out)
const until = (id: string, status: string) =>
  vi.waitFor(async () => expect((await json('tenants', 'show', id)).status).toBe(status), {
    timeout: 60_000,
    interval: 100,
  })

test('a table is shown as a diff, imported as a whole, and undone', async () => {
  const file = join(folder, 'accounts.csv')
  await writeFile(file, 'Account;Name;Stufe\nacme;acme;enterprise\nzeta;Zeta;standard\n')
  const columns = ['--column', 'Account=id', '--column', 'Stufe=tier']
  const dry = await run('tenants', 'import', file, ...columns, '--dry-run')
  expect(dry.code).toBe(0)
  expect(dry.out.split('\n').map((line) => line.split('\t'))).toEqual([
    ['LINE', 'TENANT', 'DIFF', 'WHAT'],
    ['2', 'acme', 'changed', 'tier: standard → enterprise'],
    ['3', 'zeta', 'new', 'name: Zeta, tier: standard'],
    [''],
  ])
  expect(dry.err).toContain('1 new, 1 changed, 0 the same, 0 refused.')
  expect((await json('tenants', 'show', 'acme')).tier).toBe('standard')
  const asked = await run('tenants', 'import', file, ...columns)
  expect([asked.code, asked.err]).toEqual([2, expect.stringContaining('pass --yes')])
  const done = await run('tenants', 'import', file, ...columns, '--yes', '--note', 'quarter’s review')
  expect([done.code, done.out]).toEqual([0, expect.stringContaining('Imported: 1 new, 1 changed.')])
  const [deed] = (await json('audit', 'list', '--tenant', 'acme')).items
  expect(deed).toMatchObject({ action: 'tenant.tag', note: 'quarter’s review' })
  await until('zeta', 'active')
  const id = /undo-import (\S+)/.exec(done.out)?.[1] ?? ''
  const undone = await run('tenants', 'undo-import', id, '--yes')
  expect([undone.code, undone.out]).toEqual([0, `Import ${id} is undone.\n`])
  expect((await json('tenants', 'show', 'acme')).tier).toBe('standard')
  await until('zeta', 'offboarded')
})

test('a table with a refused row changes nothing, and a file that is none is wrong use', async () => {
  const file = join(folder, 'accounts.csv')
  await writeFile(file, 'id,tier\nacme,enterprise\nacme,gold\n')
  const { code, err } = await run('tenants', 'import', file, '--yes')
  expect([code, err]).toEqual([3, expect.stringContaining('nothing was changed')])
  expect((await json('tenants', 'show', 'acme')).tier).toBe('standard')
  expect(await run('tenants', 'import', join(folder, 'none.csv'), '--yes')).toMatchObject({ code: 2 })
  expect(await run('tenants', 'import', file, '--column', 'id', '--yes')).toMatchObject({ code: 2 })
})

test('tenants come out as CSV without formulas, and go back in unchanged', async () => {
  await world.onboard(replica, 'evil', { name: '=1+1', attributes: { crmId: '+49', owner: '@x', shoe: 44 } })
  const file = join(folder, 'tenants.csv')
  const { out } = await run('tenants', 'list', '--csv')
  expect(out.split('\n')).toEqual([
    'id,name,tier,region,crmId,owner,contract,renewal,status',
    'acme,acme,standard,,,,,,active',
    `evil,"'=1+1",standard,,"'+49","'@x",,,active`,
    '',
  ])
  await writeFile(file, out)
  const back = await json('tenants', 'import', file, '--dry-run')
  expect(back.counts).toEqual({ new: 0, changed: 0, same: 2, refused: 0, conflict: 0 })
})

test('a deletion receipt is verified with the public key alone, and a changed one is found', async () => {
  expect((await run('tenants', 'receipt', 'acme')).code).toBe(3)
  expect((await run('tenants', 'offboard', 'acme', '--yes')).code).toBe(0)
  await until('acme', 'offboarded')
  const { code, out } = await run('tenants', 'receipt', 'acme')
  expect(code).toBe(0)
  expect(out).toContain('Not covered: Backups of the vector store')
  const receipt = join(folder, 'receipt.json')
  await writeFile(receipt, (await run('tenants', 'receipt', 'acme', '--json')).out)
  const verify = () => runCli(['tenants', 'verify-receipt', receipt, '--public-key', join(folder, 'key.pub.pem')])
  expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining('Genuine: tenant acme was deleted') })
  const signed = await json('tenants', 'receipt', 'acme')
  await writeFile(receipt, JSON.stringify({ ...signed, receipt: { ...signed.receipt, documents: 7 } }))
  expect(await verify()).toMatchObject({ code: 1, err: expect.stringContaining('not genuine') })
  await writeFile(join(folder, 'key.pub.pem'), readSigningKey(makeSigningKey()).publicKey)
  expect((await verify()).code).toBe(1)
})
