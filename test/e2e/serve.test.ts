import { expect, test } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { startParts } from '../../src/embedded/parts.ts'
import { runCli } from '../cli/run-cli.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { expectStatus } from '../support/expect-status.ts'
import { issuer, startEntry } from './run-entry.ts'

test('serve without its settings ends with all that is missing', async () => {
  await using entry = startEntry('main.ts', {})
  expect(await entry.ended).toBe(1)
  for (const name of [
    'DATABASE_URL',
    'PINECONE_API_KEY',
    'OPENAI_API_KEY',
    'JWT_ISSUER',
    'JWT_AUDIENCE',
    'JWT_JWKS_URL',
  ]) {
    expect(entry.printed()).toContain(`${name} is missing`)
  }
})

test('serve refuses an old schema, runs after migrate, and ends in order on SIGTERM', {
  timeout: 120_000,
}, async () => {
  await using folder = await temporaryFolder()
  await using parts = await startParts({ folder: folder.path, issuer })
  const [port, adminPort] = [await freePort(), await freePort()]
  const env = { ...parts.settings, HOST: '127.0.0.1', PORT: String(port), ADMIN_PORT: String(adminPort) }
  {
    await using early = startEntry('main.ts', env)
    expect(await early.ended).toBe(1)
    expect(early.printed()).toMatch(/^Not started: .*tenant-router migrate.*\n$/)
  }
  expect(await runCli(['migrate', '--yes'], env)).toMatchObject({ code: 0 })
  await using entry = startEntry('main.ts', env)
  await entry.until('"msg":"ready"')
  expectStatus(await fetch(`http://127.0.0.1:${adminPort}/readyz`), 200)
  const token = await parts.issuer.mint({ role: 'auditor' })
  const listed = await runCli(['moves', 'list', '--json'], {
    TENANT_ROUTER_URL: `http://127.0.0.1:${adminPort}`,
    TENANT_ROUTER_TOKEN: token,
  })
  expect([listed.code, listed.out]).toEqual([0, '{"items":[],"nextCursor":null}\n'])
  entry.child.kill('SIGTERM')
  expect(await entry.ended).toBe(0)
  expect(entry.printed()).toContain('shutdown: finish requests under way')
  expect(entry.printed()).not.toContain('"level":"error"')
})
