import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { checkArrows, unusedArrows } from './arrows/check.ts'
import { readSourceTree } from './arrows/source-tree.ts'
import { checkClientTypes } from './client-types.ts'
import { checkPacking, checkVoice, readAllCode } from './code-style.ts'
import { checkDashboards } from './dashboards.ts'
import { checkDoubleNames } from './double-names.ts'
import { checkErrorPages } from './error-pages.ts'
import { checkGlossaryPairs } from './glossary-pairs.ts'
import { checkIsolationEntries } from './isolation-entries.ts'
import { checkLinks } from './links.ts'
import { checkMutants } from './mutants.ts'
import { checkParagraphs } from './paragraphs.ts'
import { checkPictures } from './pictures/main.ts'
import { checkSearchKernel } from './search-kernel.ts'
import { checkSettingsTable } from './settings-table.ts'

/** Returns faults, a line each; none when the check passes. */
type Check = () => Promise<readonly string[]>

/** `npm run check`: every check of the code that needs neither a run nor a database; it takes seconds. */
const checks: Readonly<Record<string, Check>> = {
  'format and lint': tool('biome', 'check', '--error-on-warnings', '.'),
  types: tool('tsc', '--noEmit', '--project', '.'),
  'import arrows': async () => {
    const tree = await readSourceTree(join(root(), 'src'))
    return [...checkArrows(tree), ...unusedArrows(tree)]
  },
  'voice of comments': async () => checkVoice(await readAllCode(root())),
  'spreads of literals': async () => checkPacking(await readAllCode(root())),
  'names exported once': async () => checkDoubleNames(await readSourceTree(join(root(), 'src'))),
  'unused exports and dependencies': tool('knip', '--no-progress', '--no-config-hints'),
  'guards of the mutants': () => checkMutants(join(root(), 'src')),
  'settings table': async () => checkSettingsTable(await readFile(join(root(), 'README.md'), 'utf8')),
  'types of the client': checkClientTypes,
  'isolation entries of the routes': () => checkIsolationEntries(),
  'error pages': () => checkErrorPages(join(root(), 'docs/errors')),
  pictures: checkPictures,
  dashboards: checkDashboards,
  'kernel of the search': checkSearchKernel,
  'pairs of the glossary': checkGlossaryPairs,
  'links of the docs': () => checkLinks(root()),
  'paragraphs of the docs': () => checkParagraphs(root()),
}

const results = await Promise.all(
  Object.entries(checks).map(async ([name, check]) => {
    const startedAt = performance.now()
    const faults = await check().catch((error: unknown) => [`the check itself failed: ${error}`])
    return { name, faults, seconds: (performance.now() - startedAt) / 1000 }
  }),
)
for (const { name, faults, seconds } of results) {
  console.log(`${faults.length === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`)
  for (const fault of faults) console.log(`       ${fault.replaceAll('\n', '\n       ')}`)
}
const failed = results.filter(({ faults }) => faults.length > 0).length
console.log(`${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

/** A tool from node_modules: its output is the fault when its exit code is not 0. */
function tool(name: string, ...args: readonly string[]): Check {
  return async () => {
    const program = join(root(), 'node_modules/.bin', name)
    await access(program)
    const child = spawn(program, args, { cwd: root(), stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    if (code === 0) return []
    const printed = `${out}${err}`.trim()
    return [printed === '' ? `${name} ended with ${code}` : printed]
  }
}

function root(): string {
  return fileURLToPath(new URL('..', import.meta.url))
}
