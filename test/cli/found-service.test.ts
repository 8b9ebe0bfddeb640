import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { openIssuer } from '../../src/embedded/issuer.ts'
import { announce } from '../../src/embedded/running.ts'
import { fakeAdmin } from './fake-admin.ts'
import { runCli } from './run-cli.ts'

const issuer = {
  issuer: 'urn:of:the:folder',
  audience: 'the-audience',
  tenantClaim: 'tenant_id',
  groupsClaim: 'groups',
  rolesClaim: 'staff_roles',
}

async function dataFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-running-'))
  await openIssuer(folder, issuer)
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

const nobody = { items: [], nextCursor: null }

test('a running service is found by its data folder, with the issuer that it trusts, and without a word', async () => {
  await using data = await dataFolder()
  await using admin = await fakeAdmin(() => [200, nobody])
  using _ = announce(data.folder, { publicUrl: 'http://127.0.0.1:1', adminUrl: admin.url, issuer })
  const { code, err } = await runCli(['tenants', 'list'], { DATA_DIR: data.folder })
  expect([code, err]).toEqual([0, 'Nothing found.\n'])
  expect(decodeJwt(admin.seen[0]?.token ?? '')).toMatchObject({ iss: issuer.issuer, staff_roles: ['platform'] })
})

test('the file is for its user alone, and goes with the service', async () => {
  await using data = await dataFolder()
  const path = join(data.folder, 'running.json')
  {
    using _ = announce(data.folder, { publicUrl: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:2', issuer })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  }
  await expect(stat(path)).rejects.toThrow('ENOENT')
})

test('the documents of a tenant are asked for at the public listener of the folder', async () => {
  await using data = await dataFolder()
  await using app = await fakeAdmin(() => [200, nobody])
  using _ = announce(data.folder, { publicUrl: app.url, adminUrl: 'http://127.0.0.1:1', issuer })
  const { code } = await runCli(['documents', 'list', '--tenant', 'acme'], { DATA_DIR: data.folder })
  expect([code, app.seen[0]?.path]).toEqual([0, '/documents?limit=50'])
  expect(decodeJwt(app.seen[0]?.token ?? '')).toMatchObject({ tenant_id: 'acme', aud: 'the-audience' })
})

test('the environment wins over the folder', async () => {
  await using data = await dataFolder()
  await using other = await fakeAdmin(() => [200, nobody])
  using _ = announce(data.folder, { publicUrl: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:1', issuer })
  const env = { DATA_DIR: data.folder, TENANT_ROUTER_URL: other.url, TENANT_ROUTER_TOKEN: 'mine' }
  expect((await runCli(['tenants', 'list'], env)).code).toBe(0)
  expect(other.seen[0]?.token).toBe('mine')
})

test('the file of a service that was killed is not believed', async () => {
  await using data = await dataFolder()
  const running = new URL('../../src/embedded/running.ts', import.meta.url)
  const urls = { publicUrl: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:1', issuer }
  const lines = [
    `import { announce } from ${JSON.stringify(running.href)}`,
    `announce(${JSON.stringify(data.folder)}, ${JSON.stringify(urls)})`,
    'process.kill(process.pid, "SIGKILL")',
  ]
  const child = spawn(process.execPath, ['--input-type=module', '-e', lines.join('\n')], { stdio: 'inherit' })
  await once(child, 'exit')
  const { code, err } = await runCli(['tenants', 'list'], { DATA_DIR: data.folder })
  expect([code, err]).toEqual([
    1,
    `The "npm start" of ${data.folder} (process ${child.pid}) has ended. Start it again, or name a service by TENANT_ROUTER_URL.\n`,
  ])
})
