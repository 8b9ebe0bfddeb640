// npm run model: explores the move protocol of docs/moves.md, and shows that each of its rules is needed.
//
//   npm run model                                  everything, in minutes
//   npm run model -- --all-mutants                 every guard taken out, in seconds
//   npm run model -- --mutant provenRead           one guard taken out, at the smallest size that shows it
//   npm run model -- --writes 2 --give-ups 1 --lag the protocol at a size of your own; with --mutant, the mutant
import { parseArgs } from 'node:util'
import { explore, type RunOptions } from './explore.ts'
import { type GuardName, guards, isGuardName } from './guards.ts'
import { fullRuns, mutantRuns } from './runs.ts'
import { describeSize, maxBudgets, type Size, smallest } from './size.ts'

const number = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const { values } = parseArgs({
  options: {
    replicas: number,
    writes: number,
    reads: number,
    crashes: number,
    'give-ups': number,
    'mover-faults': number,
    epochs: number,
    lag: flag,
    rollback: flag,
    cancel: flag,
    undo: flag,
    retries: flag,
    purge: flag,
    endings: flag,
    'max-states': number,
    mutant: { type: 'string' },
    'all-mutants': flag,
  },
})

try {
  process.exitCode = main() ? 0 : 1
} catch (fault) {
  console.error(fault instanceof Error ? fault.message : fault)
  process.exitCode = 2
}

/** @returns whether every outcome was as expected: no counterexample for the protocol, one for every mutant. */
function main(): boolean {
  const { mutant, 'all-mutants': allMutants, endings, 'max-states': maxStates, ...given } = values
  if (mutant !== undefined && !isGuardName(mutant)) {
    throw new Error(`No guard is called ${mutant}. There are:\n  ${Object.keys(guards).join('\n  ')}`)
  }
  const more = { ...(endings ? { endings } : {}), ...(maxStates ? { maxStates: Number(maxStates) } : {}) }
  const size = Object.keys(given).length === 0 ? undefined : parseSize(given)
  if (mutant !== undefined) return report({ ...mutantRuns[mutant], ...(size ? { size } : {}), ...more, mutant })
  if (size !== undefined || endings) return report({ size: size ?? smallest, ...more })
  if (allMutants) return everyMutant()
  return fullRuns.map((run) => report({ ...run, ...more })).every(Boolean) && everyMutant()
}

function everyMutant(): boolean {
  const names = Object.keys(mutantRuns) as GuardName[]
  const survivors = names.filter((mutant) => !report({ ...mutantRuns[mutant], mutant }))
  const verdict = survivors.length === 0 ? 'each gives a counterexample' : `no counterexample: ${survivors.join(', ')}`
  console.log(`\n${names.length} guards taken out one by one: ${verdict}`)
  return survivors.length === 0
}

/** Runs, prints, and returns whether the outcome was as expected. */
function report(options: RunOptions): boolean {
  const { mutant, size } = options
  console.log(
    `\n${mutant === undefined ? 'the protocol' : `without ${mutant} (${guards[mutant]})`}: ${describeSize(size)}`,
  )
  const startedAtMs = performance.now()
  const onProgress: RunOptions['onProgress'] = ({ states }) => {
    const seconds = (performance.now() - startedAtMs) / 1000
    const memoryGb = process.memoryUsage.rss() / 1e9
    process.stderr.write(`  ${millions(states)} states, ${seconds.toFixed(0)} s, ${memoryGb.toFixed(1)} GB\r`)
  }
  const { states, transitions, seconds, isExhaustive, counterexample } = explore({ ...options, onProgress })
  console.log(`  ${states} states, ${transitions} transitions, ${seconds.toFixed(1)} s`)
  if (counterexample === undefined) {
    console.log(
      isExhaustive ? '  no violation, and nothing left to explore' : '  no violation so far: stopped at --max-states',
    )
    return mutant === undefined
  }
  console.log(`  ${counterexample.wrong}`)
  for (const [index, words] of counterexample.steps.entries())
    console.log(`  ${String(index + 1).padStart(3)} ${words}`)
  return mutant !== undefined
}

function parseSize(given: Readonly<Record<string, string | boolean | undefined>>): Size {
  const size: Record<string, number | boolean> = { ...smallest }
  for (const [option, text] of Object.entries(given)) {
    const name = option.replace(/-(.)/, (_, letter: string) => letter.toUpperCase())
    const most = maxBudgets[name as keyof typeof maxBudgets]
    const value = typeof text === 'string' ? Number(text) : true
    const least = name === 'replicas' ? 1 : 0
    if (typeof value === 'number' && !(Number.isInteger(value) && value >= least && value <= most)) {
      throw new Error(`--${option} is a whole number from ${least} to ${most}`)
    }
    size[name] = value
  }
  return size as unknown as Size
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(0)} million`
}
