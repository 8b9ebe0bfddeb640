/**
 * Measures the subjects in turn, `rounds` times, each round in the other direction than the one before: what drifts
 * (heat, a neighbour on the machine) falls on all of them alike. The values of one round are beside each other, so
 * ratios are taken round by round.
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
