import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startOf } from '../../src/embedded/process-identity.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { FileWatchdog } from './file-watchdog.ts'

const script = fileURLToPath(new URL('../run.ts', import.meta.url))
const config = fileURLToPath(new URL('hanging/vitest.config.ts', import.meta.url))

test('a test file that hangs is ended from outside, named and counted, and the others count as ever', {
  timeout: 300_000,
}, async () => {
  const { TEST_FILES_FOLDER: _, ...env } = process.env
  // Long enough for the file that does not hang, on any machine.
  const child = spawn(process.execPath, [script, `--config=${config}`, '--file-limit-s=40'], { env })
  const [printed, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  for (const name of ['in-a-test.case.ts', 'while-it-loads.case.ts']) {
    expect(errors).toMatch(new RegExp(`hanging/${name}: the file took too long and was ended`))
  }
  expect(printed.trimEnd().split('\n').at(-1)).toBe('1 passed, 2 failed')
  expect(code).toBe(1)
})

test.each([
  { whose: 'the file’s own', startedAs: (pid: number) => startOf(pid), ended: ['a.test.ts'] },
  { whose: 'another that has its number now', startedAs: () => 'before', ended: [] },
])('a process is ended after the limit if it is $whose: $ended', async ({ startedAs, ended }) => {
  await using folder = await temporaryFolder()
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'])
  const exit = once(child, 'exit')
  try {
    const pid = child.pid ?? 0
    const path = join(folder.path, String(pid))
    await writeFile(path, JSON.stringify({ file: 'a.test.ts', startedAs: startedAs(pid) }))
    await utimes(path, 0, 0)
    using watchdog = new FileWatchdog(folder.path, 1_000)
    await expect.poll(() => readdir(folder.path), { timeout: 60_000 }).toEqual([])
    if (ended.length > 0) await exit
    expect([watchdog.ended, child.signalCode]).toEqual([ended, ended.length > 0 ? 'SIGKILL' : null])
  } finally {
    child.kill('SIGKILL')
    await exit
  }
})
