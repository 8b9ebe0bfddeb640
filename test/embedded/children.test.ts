import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { takeFolder } from '../../src/embedded/children.ts'
import { startOf } from '../../src/embedded/process-identity.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function sleeper() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  return { pid, startedAt: startOf(pid), child, [Symbol.dispose]: () => void child.kill('SIGKILL') }
}

const dead = { pid: 999_999_999, startedAt: 'long ago', what: 'tenant-router' }

test('what a killed run left behind is ended, but never a stranger that was given the same number', async () => {
  await using folder = await temporaryFolder()
  using orphan = await sleeper()
  using stranger = await sleeper()
  const ended = once(orphan.child, 'exit')
  const left = {
    owner: dead,
    children: [
      { pid: orphan.pid, startedAt: orphan.startedAt, what: 'orphan' },
      { pid: stranger.pid, startedAt: `${stranger.startedAt}-another`, what: 'stranger' },
    ],
  }
  await writeFile(join(folder.path, 'run.json'), JSON.stringify(left))
  using run = await takeFolder(folder.path)
  expect(run.ended).toEqual(['orphan'])
  expect((await ended)[1]).toBe('SIGINT')
  expect(startOf(stranger.pid)).toBe(stranger.startedAt)
})

test('a folder that a living process holds is refused, with what to do', async () => {
  await using folder = await temporaryFolder()
  using run = await takeFolder(folder.path)
  await expect(takeFolder(folder.path)).rejects.toThrow(
    `tenant-router already runs on ${folder.path} (process ${process.pid}): stop it there with Ctrl-C, or give this one another folder by DATA_DIR.`,
  )
  expect(run.ended).toEqual([])
})

test('children are on record while they run, and the record goes with the run', async () => {
  await using folder = await temporaryFolder()
  using child = await sleeper()
  const path = join(folder.path, 'run.json')
  {
    using run = await takeFolder(folder.path)
    run.record('sleeper', child.pid)
    expect(JSON.parse(await readFile(path, 'utf8')).children).toMatchObject([{ pid: child.pid, what: 'sleeper' }])
    run.forget(child.pid)
    expect(JSON.parse(await readFile(path, 'utf8')).children).toEqual([])
  }
  await expect(readFile(path)).rejects.toThrow('ENOENT')
})

test('a run file that a full disk cut short is no obstacle', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'run.json'), '{"owner":{"pi')
  using run = await takeFolder(folder.path)
  expect(run.ended).toEqual([])
})

test('a data folder that cannot be made is reported in one sentence', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'file')
  await writeFile(file, '')
  await chmod(file, 0o644)
  await expect(takeFolder(join(file, 'data'))).rejects.toThrow(
    /cannot be written \(ENOTDIR\): give this user the right/,
  )
})

test('a process that is gone has no start', () => {
  expect(startOf(dead.pid)).toBeUndefined()
  expect(startOf(process.pid)).toMatch(/\d/)
})
