import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Race } from '../races/race.ts'
import { type Mutant, mutants, partsOf, takeOut } from './mutants.ts'

/**
 * `node run-mutants.ts DATABASE_URL [GUARD…]`: for each guard, a build of `src` with it taken out, and the races that
 * should tell. A line a guard: its name, a tab, and `caught by N: why` or `survived` or what is wrong with the guard's text.
 *
 * All of them run in this process: each module is loaded once for each build, under an address of its own.
 */
const [url = '', ...guards] = process.argv.slice(2)
const root = new URL('../../', import.meta.url).href
const stripped = new Map<string, string>()
/** Files that each build has loaded with a guard removed. */
const used = new Set<string>()
/** A race takes 700 at most; without a guard some never come to their end. */
const maxSteps = 5_000
const mark = /\?build=(\d+)$/

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    const [suffix] = mark.exec(context.parentURL ?? '') ?? []
    const isOurs = found.url.startsWith(root) && !found.url.includes('/node_modules/')
    return suffix === undefined || !isOurs || mark.test(found.url) ? found : { ...found, url: found.url + suffix }
  },
  load(address, context, next) {
    const [, build] = mark.exec(address) ?? []
    if (build === undefined) return next(address, context)
    const path = address.replace(mark, '')
    return { format: 'module', shortCircuit: true, source: sourceOf(path, Number(build)) }
  },
})

for (const [build, mutant] of mutants.entries()) {
  if (guards.length > 0 && !guards.includes(mutant.guard)) continue
  const verdict = await judge(build, mutant).catch((error: unknown) => String(error).split('\n')[0])
  console.log(`${mutant.guard}\t${verdict}`)
}
process.exit(0)

async function judge(build: number, mutant: Mutant): Promise<string> {
  const { races }: { races: readonly Race[] } = await import(`../races/races.ts?build=${build}`)
  const { stageRace }: typeof import('../races/stage-race.ts') = await import(`../races/stage-race.ts?build=${build}`)
  const { found }: typeof import('./found.ts') = await import(`./found.ts?build=${build}`)
  const transforms: typeof import('./found-transforms.ts') = await import(`./found-transforms.ts?build=${build}`)
  const histories = [...found, ...transforms.foundTransforms]
  const unused = partsOf(mutant).find(({ file }) => !used.has(`${build} ${file}`))
  if (unused !== undefined) throw new Error(`${unused.file} is not part of the races`)
  const tellers = [
    ...mutant.races.map((number) => races.find(({ name }) => Number.parseInt(name, 10) === number)),
    ...(mutant.found ?? []).map((part) => histories.find(({ name }) => name.startsWith(part))),
  ]
  for (const race of tellers) {
    if (race === undefined) throw new Error('a race of its list is not there')
    const fault: unknown = await stageRace(url, race, {
      maxSteps,
      transforms: mutant.transforms === true,
      lanes: mutant.lanes === true,
    }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (fault !== undefined)
      return `caught by ${Number.parseInt(race.name, 10) || 'what was found'}: ${String(fault).split('\n')[0]}`
  }
  return 'survived'
}

function sourceOf(path: string, build: number): string {
  const mutant = mutants[build]
  const part = mutant && partsOf(mutant).find(({ file }) => path === `${root}src/${file}`)
  if (part === undefined) {
    const source = stripped.get(path) ?? stripTypeScriptTypes(readFileSync(fileURLToPath(path), 'utf8'))
    stripped.set(path, source)
    return source
  }
  used.add(`${build} ${part.file}`)
  return stripTypeScriptTypes(takeOut(readFileSync(fileURLToPath(path), 'utf8'), part))
}
