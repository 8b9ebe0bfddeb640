import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { mutants } from './mutants.ts'

/**
 * `node run-mutant.ts DATABASE_URL GUARD`: a build of `src` with one guard taken out, and the races that should tell.
 * The last line says `caught by N: why`, or `survived`.
 */
const [url = '', guard] = process.argv.slice(2)
const mutant = mutants.find((one) => one.guard === guard)
if (mutant === undefined) throw new Error(`no such guard: ${guard}`)
const parts = [mutant, ...(mutant.also ? [mutant.also] : [])]
const targets = new Map(parts.map((part) => [new URL(`../../src/${part.file}`, import.meta.url).href, part]))
registerHooks({
  load(address, context, next) {
    const part = targets.get(address)
    if (part === undefined) return next(address, context)
    let text = readFileSync(fileURLToPath(address), 'utf8')
    for (const [from, to] of part.changes) {
      if (text.split(from).length !== 2) throw new Error(`${part.file} does not have this once: ${from}`)
      text = text.replace(from, () => to)
    }
    targets.delete(address)
    return { format: 'module', shortCircuit: true, source: stripTypeScriptTypes(text) }
  },
})

const { races } = await import('../races/races.ts')
const { stageRace } = await import('../races/stage-race.ts')
if (targets.size > 0) throw new Error(`${mutant.file} is not part of the races`)
let verdict = 'survived'
for (const number of mutant.races) {
  const race = races.find(({ name }) => Number.parseInt(name, 10) === number)
  if (race === undefined) throw new Error(`no such race: ${number}`)
  const fault: unknown = await stageRace(url, race).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (fault === undefined) continue
  verdict = `caught by ${number}: ${String(fault).split('\n')[0]}`
  break
}
console.log(verdict)
process.exit(0)
