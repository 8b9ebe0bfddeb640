import { describe, expect, test } from 'vitest'
import { explore } from '../../model/explore.ts'
import { type GuardName, guards } from '../../model/guards.ts'
import { mutantRuns, quickRuns } from '../../model/runs.ts'
import { describeSize } from '../../model/size.ts'

const names = Object.keys(guards) as GuardName[]

// The sizes of the mutants are among them: where all guards together find nothing, what a mutant shows is its own.
const clean = [...quickRuns, ...Object.values(mutantRuns)].map((run) => ({
  ...run,
  name: `${describeSize(run.size)}${run.endings ? ', can always end' : ''}`,
}))
const distinct = clean.filter(({ name }, index) => clean.findIndex((other) => other.name === name) === index)

describe('the move protocol of docs/moves.md has no violation in any state', () => {
  test.for(distinct)('of the size $name', ({ size, endings = false }) => {
    const { counterexample, isExhaustive, states } = explore({ size, endings })
    expect(counterexample).toBeUndefined()
    expect(isExhaustive).toBe(true)
    expect(states).toBeGreaterThan(1000)
  })
})

describe('the move protocol has a counterexample when this guard is taken out', () => {
  test.for(names)('%s', (mutant) => {
    const { counterexample } = explore({ ...mutantRuns[mutant], mutant })
    expect(counterexample?.wrong, guards[mutant]).toMatch(/^(I\d+|L2): /)
    expect(counterexample?.steps.length).toBeGreaterThan(4)
  })
})
