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

interface Answer {
  readonly matches: readonly { readonly id: string; readonly score: number; readonly text: string }[]
}

/** Runs lines in a shell of the project's folder, as somebody who pastes them does. */
async function paste(...lines: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-ec', lines.join('\n')])
  return stdout
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
  })

  afterAll(async () => {
    await entry[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  /** The printed line to paste that has these words. */
  const lineWith = (words: string): string => {
    const found = entry
      .printed()
      .split('\n')
      .find((line) => line.startsWith('  ') && line.includes(words))
    if (found === undefined) throw new Error(`no line has "${words}":\n${entry.printed()}`)
    return found
  }
  const retrieve = async (tenant: string, change = (line: string) => line): Promise<Answer> => {
    const token = lineWith('export TOKEN=').replace('acme-bikes', tenant)
    return JSON.parse(await paste(token, change(lineWith('/retrieve'))))
  }

  test('loads the sample tenants and prints lines that work when pasted', async () => {
    expect(entry.printed()).toContain('Onboarding the sample tenants, once.')
    await entry.until('All sample documents are loaded.')
    const [acme, harbor] = await Promise.all([retrieve('acme-bikes'), retrieve('harbor-bank')])
    expect(acme.matches).toHaveLength(1)
    expect(harbor.matches).toHaveLength(1)
    expect(acme.matches[0]?.text).not.toBe(harbor.matches[0]?.text)
    const answered = JSON.parse(await paste(lineWith('export TOKEN='), lineWith('/answer')))
    expect(answered).toMatchObject({ answeredBy: 'extractive', answer: expect.stringMatching(/\[[1-5]\]/) })
  })

  test('answers a spoof of the printed line with nothing of the other tenant', async () => {
    const honest = await retrieve('acme-bikes')
    const spoofed = await retrieve('acme-bikes', (line) =>
      line
        .replace('"topK":1', '"topK":1,"tenant_id":"harbor-bank","index":"tenant-router-pool-2"')
        .replace(' -d ', " -H 'x-tenant-id: harbor-bank' -d "),
    )
    expect(honest.matches).toHaveLength(1)
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

  test('promotes a tenant by the printed line, which follows it to the switch', async () => {
    const admin = { ...env, TENANT_ROUTER_URL: `http://127.0.0.1:${env.ADMIN_PORT}` }
    const out = await paste(lineWith('-- promote').replace('acme-bikes --yes', 'harbor-bank --yes --json'))
    const moves = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(moves.at(-1).state).toBe('soaking')
    const shown = await runCli(['tenants', 'show', 'harbor-bank', '--json'], admin)
    expect(JSON.parse(shown.out).placement).toMatchObject({ kind: 'silo', generation: 2 })
    expect((await retrieve('harbor-bank')).matches).toHaveLength(1)
    const again = await runCli(['promote', 'harbor-bank', '--yes'], admin)
    expect([again.code, again.err]).toEqual([3, expect.stringContaining('Refused: ')])
  })

  test('refuses to start a second time on the same data', async () => {
    await using second = startEntry('dev.ts', { ...env, PORT: '0', ADMIN_PORT: '0' })
    expect(await second.ended).toBe(1)
    expect(second.printed()).toMatch(/^tenant-router already runs on .*: stop it there with Ctrl-C/)
  })

  test('after a kill -9, starts on the same data without loading it again; Ctrl-C then leaves no child', async () => {
    await entry.until('All sample documents are loaded.')
    const orphans = await pids(folder.path)
    entry.child.kill('SIGKILL')
    await entry.ended
    expect(orphans.map(startOf)).not.toContain(undefined)
    entry = startEntry('dev.ts', env)
    await entry.until(ready)
    expect(entry.printed()).toMatch(/^Ended what an earlier run had left: /)
    expect(entry.printed()).not.toContain('Loading')
    expect(orphans.map(startOf)).toEqual([undefined, undefined])
    expect((await retrieve('acme-bikes')).matches).toHaveLength(1)

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
