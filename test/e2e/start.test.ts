import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { startOf } from '../../src/embedded/process-identity.ts'
import { runCli } from '../cli/run-cli.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { type Entry, startEntry } from './run-entry.ts'

const ready = 'Ctrl-C stops everything.'

async function pids(folder: string): Promise<readonly number[]> {
  const run = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'))
  return run.children.map(({ pid }: { pid: number }) => pid)
}

/** The lines to paste, by the comment above each. */
function pasteable(printed: string): ReadonlyMap<string, string> {
  return new Map([...printed.matchAll(/^# (.+)\n(curl .+)$/gm)].map(([, title = '', line = '']) => [title, line]))
}

interface Answer {
  readonly matches: readonly { readonly id: string; readonly score: number; readonly text: string }[]
  readonly items: readonly { readonly id: string }[]
}

async function paste(line: string | undefined): Promise<Answer> {
  const { stdout } = await promisify(execFile)('sh', ['-c', line ?? 'false'])
  return JSON.parse(stdout)
}

describe('npm start', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let env: Record<string, string>
  let entry: Entry

  beforeAll(async () => {
    folder = await temporaryFolder()
    const [port, adminPort] = [await freePort(), await freePort()]
    env = { DATA_DIR: folder.path, PORT: String(port), ADMIN_PORT: String(adminPort) }
    entry = startEntry('dev.ts', env)
    await entry.until(ready)
  }, 120_000)

  afterAll(async () => {
    await entry[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  const lineFor = (words: string) => {
    const found = [...pasteable(entry.printed())].find(([title]) => title.includes(words))
    return found?.[1]
  }

  test('loads the sample tenants and prints lines that work when pasted', async () => {
    expect(entry.printed()).toContain('Onboarding the sample tenants, once.')
    const [acme, harbor] = await Promise.all([
      paste(lineFor('Acme Bikes asks')),
      paste(lineFor('Harbor & Quill Bank asks')),
    ])
    expect(acme.matches).toHaveLength(2)
    expect(harbor.matches).toHaveLength(2)
    expect(acme.matches[0]?.text).not.toBe(harbor.matches[0]?.text)
    const answered = await paste(lineFor('the same question answered'))
    expect(answered).toMatchObject({
      answeredBy: 'extractive',
      answer: expect.stringMatching(/\[1\]|\[2\]|\[3\]|\[4\]|\[5\]/),
    })
    const { items } = await paste(lineFor('staff lists the tenants'))
    expect(items.map(({ id }) => id).sort()).toEqual(['acme-bikes', 'harbor-bank', 'lumen-energy', 'northwind-clinic'])
  })

  test('answers the pasted spoof with nothing of the other tenant', async () => {
    const line = lineFor('tries to be') ?? ''
    const spoofed = await paste(line)
    const honest = await paste(line.replaceAll(/,"(tenant_id|index)":"[^"]+"|-H 'x-tenant-id[^']+'/g, ''))
    expect(honest.matches).toHaveLength(2)
    // The last bits of a score depend on what else the encoder had to do at that moment.
    const found = (answer: Answer) => answer.matches.map(({ id, text }) => [id, text])
    expect(found(spoofed)).toEqual(found(honest))
  })

  test('lets the command line in without a token of its own, and says so', async () => {
    const url = `http://127.0.0.1:${env.ADMIN_PORT}`
    const listed = await runCli(['tenants', 'list', '--json'], { ...env, TENANT_ROUTER_URL: url })
    expect(listed.code).toBe(0)
    expect(JSON.parse(listed.out).items).toHaveLength(4)
    expect(listed.err).toContain('a platform token of the development issuer')
    const shown = await runCli(['tenants', 'show', 'acme-bikes', '--json'], { ...env, TENANT_ROUTER_URL: url })
    expect(JSON.parse(shown.out)).toMatchObject({ id: 'acme-bikes', placement: { kind: 'pool', generation: 1 } })
    const unknown = await runCli(['tenants', 'show', 'nobody'], { ...env, TENANT_ROUTER_URL: url })
    expect([unknown.code, unknown.err]).toEqual([3, expect.stringContaining('404 not_found')])
  })

  test('promotes a tenant at a word from the command line, which follows it to the switch', {
    timeout: 120_000,
  }, async () => {
    const admin = { ...env, TENANT_ROUTER_URL: `http://127.0.0.1:${env.ADMIN_PORT}` }
    const { code, out } = await runCli(['promote', 'harbor-bank', '--yes', '--json'], admin)
    const moves = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect([code, moves.at(-1).state]).toEqual([0, 'soaking'])
    const shown = await runCli(['tenants', 'show', 'harbor-bank', '--json'], admin)
    expect(JSON.parse(shown.out).placement).toMatchObject({ kind: 'silo', generation: 2 })
    expect((await paste(lineFor('Harbor & Quill Bank asks'))).matches).toHaveLength(2)
    const again = await runCli(['promote', 'harbor-bank', '--yes'], admin)
    expect([again.code, again.err]).toEqual([3, expect.stringContaining('Refused: ')])
  })

  test('refuses to start a second time on the same data', async () => {
    await using second = startEntry('dev.ts', { ...env, PORT: '0', ADMIN_PORT: '0' })
    expect(await second.ended).toBe(1)
    expect(second.printed()).toMatch(/^tenant-router already runs on .*: stop it there with Ctrl-C/)
  })

  test('after a kill -9, starts on the same data without loading it again; Ctrl-C then leaves no child', {
    timeout: 120_000,
  }, async () => {
    await entry.until('All sample tenants are loaded.')
    const orphans = await pids(folder.path)
    entry.child.kill('SIGKILL')
    await entry.ended
    expect(orphans.map(startOf)).not.toContain(undefined)
    entry = startEntry('dev.ts', env)
    await entry.until(ready)
    expect(entry.printed()).toMatch(/^Ended what an earlier run had left: /)
    expect(entry.printed()).not.toContain('Loading')
    expect(orphans.map(startOf)).toEqual([undefined, undefined])
    expect((await paste(lineFor('Acme Bikes asks'))).matches).toHaveLength(2)

    const children = await pids(folder.path)
    entry.child.kill('SIGINT')
    expect(await entry.ended).toBe(0)
    expect(children.map(startOf)).toEqual([undefined, undefined])
  })
})

test('npm start on a busy port ends with one sentence, and leaves no child', async () => {
  await using folder = await temporaryFolder()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  await using entry = startEntry('dev.ts', {
    DATA_DIR: folder.path,
    HOST: '127.0.0.1',
    PORT: String(port),
    ADMIN_PORT: '0',
  })
  expect(await entry.ended).toBe(1)
  expect(entry.printed().trim().split('\n')).toEqual([
    `Not started: 127.0.0.1:${port} is in use; stop what listens there or choose another port.`,
  ])
  await expect(readFile(join(folder.path, 'run.json'))).rejects.toThrow('ENOENT')
  other.close()
})
