import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { mutants } from './mutants.ts'

const script = fileURLToPath(new URL('run-mutants.ts', import.meta.url))

/** Verdicts by guard; one process judges them all, since loading their common code takes most of the time. */
let verdicts: ReadonlyMap<string, string>
beforeAll(async () => {
  await using database = await testDatabase()
  const args = ['--disable-warning=ExperimentalWarning', script, database.url]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  verdicts = new Map(stdout.split('\n').map((line) => line.split('\t') as [string, string]))
  if (process.env.SHOW_VERDICTS) console.log(stdout)
}, 600_000)

test.for(mutants)('without the guard "$guard" a race tells', ({ guard }) => {
  expect(verdicts.get(guard)).toMatch(/^caught by /)
})
