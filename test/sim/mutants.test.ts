import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { mutants } from './mutants.ts'

const script = fileURLToPath(new URL('run-mutant.ts', import.meta.url))
const run = promisify(execFile)

test.for(mutants)('without the guard "$guard" a race tells', { timeout: 120_000 }, async ({ guard }) => {
  await using database = await testDatabase()
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', script, database.url, guard])
  expect(stdout.trim().split('\n').at(-1)).toMatch(/^caught by /)
  if (process.env.SHOW_VERDICTS) console.log(`${guard}: ${stdout.trim()}`)
})
