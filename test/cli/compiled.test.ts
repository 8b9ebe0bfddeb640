import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { version } from '../../src/version.ts'

const bin = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url))

async function start(env: Readonly<Record<string, string>>, cwd = process.cwd()): Promise<string> {
  const options = { env: { PATH: process.env.PATH, ...env }, cwd }
  const { stdout } = await promisify(execFile)(process.execPath, [bin, '--version'], options)
  return stdout.trim()
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tenant-router-compiled-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

test('the command line keeps what Node compiled in the folder of its user', async () => {
  const home = await folder()
  expect(await start({ HOME: home })).toBe(version)
  expect(await readdir(join(home, '.cache/tenant-router'))).not.toEqual([])
  expect(await start({ HOME: home })).toBe(version)
})

test('it keeps it where XDG_CACHE_HOME or NODE_COMPILE_CACHE says', async () => {
  const [home, cache, compiled] = [await folder(), await folder(), await folder()]
  expect(await start({ HOME: home, XDG_CACHE_HOME: cache })).toBe(version)
  expect(await readdir(cache)).toEqual(['tenant-router'])
  expect(await start({ HOME: home, NODE_COMPILE_CACHE: compiled })).toBe(version)
  expect(await readdir(compiled)).not.toEqual([])
  expect(await readdir(home)).toEqual([])
})

test('it works where nothing can be kept', async () => {
  const file = join(await folder(), 'a-file')
  await writeFile(file, '')
  expect(await start({ HOME: file })).toBe(version)
})

test.each([{ HOME: '' }, { HOME: '', XDG_CACHE_HOME: 'caches' }, { HOME: '', NODE_COMPILE_CACHE: '' }])(
  'it keeps nothing in the folder where it is called, with %o',
  async (env) => {
    const cwd = await folder()
    expect(await start(env, cwd)).toBe(version)
    expect(await readdir(cwd)).toEqual([])
  },
)

test('it works for a user that the machine does not know, and that has no home', async () => {
  const unknown = join(await folder(), 'unknown.cjs')
  // As Node refuses it: another user's id may not reach this checkout.
  const refuses = "require('node:os').homedir = () => { throw new Error('uv_os_homedir returned ENOENT') }"
  await writeFile(unknown, `${refuses}\nrequire('node:module').syncBuiltinESMExports()\n`)
  expect(await start({ NODE_OPTIONS: `--require=${unknown}` })).toBe(version)
})
