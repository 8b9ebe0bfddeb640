import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { moveId } from './copying-move.ts'
import { type FakeAdmin, fakeAdmin } from './fake-admin.ts'
import { runCli } from './run-cli.ts'
import { startTerminal } from './run-in-terminal.ts'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const script = fileURLToPath(new URL('complete-in-bash.sh', import.meta.url))

let folder: string
let admin: FakeAdmin
let env: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-completion-'))
  const path = join(folder, 'tenant-router')
  await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
  await chmod(path, 0o755)
  await writeFile(join(folder, 'accounts of today.csv'), '')
  admin = await fakeAdmin(({ path: asked }) => {
    const tenants = ['acme-bikes', 'acme-cars'].map((id) => ({ id, name: `The ${id}`, tier: 'standard' }))
    if (asked.startsWith('/tenants?')) return [200, { items: tenants, nextCursor: null }]
    const move = { id: moveId, kind: 'promote', tenantId: 'acme-bikes', state: 'copying' }
    return asked.startsWith('/moves?') ? [200, { items: [move], nextCursor: null }] : [500, {}]
  })
  env = {
    PATH: `${folder}${delimiter}${process.env.PATH}`,
    HOME: folder,
    TENANT_ROUTER_URL: admin.url,
    TENANT_ROUTER_TOKEN: 'staff',
  }
})

afterAll(async () => {
  await admin[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

test.each([
  [['mov'], ['moves']],
  [
    ['moves', 'r'],
    ['resume', 'rollback'],
  ],
  [['moves', 'show', '01'], ['018f3c2e']],
  [['moves', 'show', moveId.slice(0, 20)], [moveId]],
  [
    ['tenants', 'tag', 'acme-bikes', ''],
    ['standard', 'enterprise'],
  ],
  [['tenants', 'create', ''], []],
  [['tenants', 'list', '--tier=e'], ['--tier=enterprise']],
  [
    ['tenants', 'list', '--tier', ''],
    ['standard', 'enterprise'],
  ],
  [
    ['keys', 'list', '--tenant', 'acme'],
    ['acme-bikes', 'acme-cars'],
  ],
  [['promote', '--yes', 'acme-b'], ['acme-bikes']],
  [['reembed', '--model', 'large', 'acme-b'], ['acme-bikes']],
  [['relocate', '--region', 'eu-west-1', 'acme-b'], ['acme-bikes']],
  [['promote', 'acme-bikes', '--pl'], ['--plan']],
  [['tenants', 'import', ''], [':files']],
  [['audit', 'verify', '--public-key', ''], [':files']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['nothing', ''], []],
])('after %j come %j', async (words, wanted) => {
  const { code, out, err } = await runCli(['complete', '--', ...words], env)
  const lines = out.split('\n').filter((line) => line !== '')
  expect([code, lines.map((line) => line.split('\t')[0]), err]).toEqual([0, wanted, ''])
})

test('a service that is not there completes nothing, and says nothing in between', async () => {
  const { code, out } = await runCli(['complete', '--', 'promote', ''], {
    ...env,
    TENANT_ROUTER_URL: 'http://127.0.0.1:1',
  })
  expect([code, out]).toEqual([0, ''])
})

describe('bash, which has loaded the script', () => {
  /** Words that bash itself offers after those of a line. */
  const complete = async (...words: readonly string[]) => {
    const args = ['--norc', script, 'tenant-router', ...words]
    const { stdout } = await promisify(execFile)('bash', args, { env, cwd: folder })
    return stdout.split('\n').filter((text) => text !== '')
  }

  test('completes verbs, options, ids and files', async () => {
    expect(await complete('moves', 'r')).toEqual(['resume', 'rollback'])
    expect(await complete('promote', 'acme')).toEqual(['acme-bikes', 'acme-cars'])
    expect(await complete('promote', 'acme-bikes', '--no')).toEqual(['--note', '--no-watch'])
    expect(await complete('tenants', 'import', 'acc')).toEqual(['accounts of today.csv'])
  })

  test('completes a line by Tab', async () => {
    const shell = startTerminal('exec bash --norc --noprofile -i', { ...env, PS1: 'prompt> ' })
    await shell.shown('prompt> ')
    shell.press('source <(tenant-router completion bash); echo loaded$((1+1))\n')
    await shell.shown('loaded2')
    shell.press('tenant-router promote acme-b\t')
    await shell.shown('acme-bikes')
    // Ctrl-U, as a Ctrl-C may take along what is typed after it.
    shell.press('\u0015exit\n')
    await shell.ended
  })
})

if (isInstalled('zsh'))
  describe('zsh, which has loaded the script', () => {
    test('completes a line by Tab, and names what there is to choose from', async () => {
      const shell = startTerminal('exec zsh -f -i', { ...env, PS1: 'prompt> ' })
      await shell.shown('prompt> ')
      shell.press('autoload -U compinit; compinit -u -D; source <(tenant-router completion zsh); echo loaded$((1+1))\n')
      await shell.shown('loaded2')
      shell.press('tenant-router promote acme-b\t')
      await shell.shown('acme-bikes')
      shell.press('\u0015tenant-router moves r\t\t')
      await shell.shown('-- resume a paused move')
      shell.press('\u0015exit\n')
      await shell.ended
    })
  })

if (isInstalled('fish'))
  describe('fish, which has loaded the script', () => {
    test('completes verbs, ids and files, with what they are', async () => {
      const complete = async (line: string) => {
        const lines = `tenant-router completion fish | source; complete -C ${JSON.stringify(line)}`
        const { stdout } = await promisify(execFile)('fish', ['--no-config', '-c', lines], { env, cwd: folder })
        return stdout.split('\n').filter((text) => text !== '')
      }
      expect(await complete('tenant-router moves re')).toEqual(['resume\tresume a paused move'])
      expect(await complete('tenant-router promote acme-b')).toEqual(['acme-bikes\tThe acme-bikes, standard'])
      expect(await complete('tenant-router tenants import acc')).toEqual(['accounts of today.csv'])
    })
  })

function isInstalled(shell: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((path) => {
    try {
      accessSync(join(path, shell), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
