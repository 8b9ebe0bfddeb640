import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { countTests, type JsonReport } from './support/count-tests.ts'
import { FileWatchdog } from './support/file-watchdog.ts'

/**
 * `npm test`, and `npm test -- FILTER…`: the whole suite once. What people read comes from vitest's own reporter; the
 * last line, `N passed, N failed`, comes from its JSON report, for scripts. `--file-limit-s` says after how many seconds
 * a test file is ended, by default after ten minutes; what else is given goes to vitest.
 */
const limitOption = /^--file-limit-s=(\d+)$/
const args = process.argv.slice(2)
const fileLimitS = Number(args.flatMap((one) => limitOption.exec(one)?.slice(1) ?? []).at(-1) ?? 600)

const folder = await mkdtemp(join(tmpdir(), 'tenant-router-report-'))
const reportFile = join(folder, 'report.json')
const filesFolder = join(folder, 'files')
await mkdir(filesFolder)
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args.filter((one) => !limitOption.test(one))], {
  stdio: 'inherit',
  env: { ...process.env, TEST_FILES_FOLDER: filesFolder },
})
// Ctrl-C reaches the whole foreground group; the runner waits so that vitest can take its Postgres down.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => child.kill('SIGTERM'))
const watchdog = new FileWatchdog(filesFolder, fileLimitS * 1000)
const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
watchdog[Symbol.dispose]()
const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])

const report = await readFile(reportFile, 'utf8').then(
  (text) => JSON.parse(text) as JsonReport,
  () => undefined,
)
await rm(folder, { recursive: true, force: true })
const count = countTests(report, exitCode, watchdog.ended)
for (const note of count.notes) console.error(note)
console.log(`${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed > 0 ? exitCode || 1 : 0
