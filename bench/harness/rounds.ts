/**
 * Measures the subjects in turn, `rounds` times, each round in the opposite direction: drift (heat, a neighbour on the
 * machine) affects all of them alike. Values of one round are adjacent, so ratios are taken round by round.
 */
export async function inTurn<Name extends string, Sample>(
  rounds: number,
  subjects: Readonly<Record<Name, () => Promise<Sample>>>,
): Promise<Record<Name, readonly Sample[]>> {
  const names = Object.keys(subjects) as Name[]
  const samples = Object.fromEntries(names.map((name): [string, Sample[]] => [name, []])) as Record<Name, Sample[]>
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) samples[name].push(await subjects[name]())
  }
  return samples
}

/**
 * Repeats a run until its rate is steady: twice in a row at most 3 % above the best so far. Code that is not compiled
 * yet is slow, for longer on a busy machine, so no fixed time warms up everywhere. @param most runs, for a machine that
 * never settles.
 */
export async function untilSteady(run: () => Promise<number>, most = 12): Promise<void> {
  let best = 0
  let unimproved = 0
  for (let runs = 0; runs < most && unimproved < 2; runs += 1) {
    const rate = await run()
    unimproved = rate > best * 1.03 ? 0 : unimproved + 1
    best = Math.max(best, rate)
  }
}

/** `of / by`, round by round. */
export function ratios<Sample>(
  of: readonly Sample[],
  by: readonly Sample[],
  value: (sample: Sample) => number,
): readonly number[] {
  return of.map((sample, round) => {
    const other = by[round]
    if (other === undefined) throw new RangeError(`round ${round} was measured on one side only`)
    return value(sample) / value(other)
  })
}
