import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

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
