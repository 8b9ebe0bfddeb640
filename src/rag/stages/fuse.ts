/** Reciprocal rank fusion's constant (Cormack, Clarke and Büttcher, 2009): how much the first places stand out. */
const k = 60

export interface RankedList {
  readonly weight: number
  /** Best first. */
  readonly ids: readonly string[]
}

/**
 * Weighted reciprocal rank fusion: `Σ weight / (60 + rank)` over the lists an id is in, divided by the value of first
 * place in all of them. So 1 is first everywhere, whatever the weights. Only ranks count, since the scores are not
 * comparable.
 *
 * @returns ids with their scores, best first; on a tie the one that an earlier list names earlier.
 */
export function fuse(lists: readonly RankedList[]): [id: string, score: number][] {
  const best = lists.reduce((sum, { weight }) => sum + weight / (k + 1), 0)
  const scores = new Map<string, number>()
  for (const { weight, ids } of lists) {
    if (weight === 0) continue
    for (const [at, id] of ids.entries()) scores.set(id, (scores.get(id) ?? 0) + weight / (k + at + 1) / best)
  }
  return [...scores].toSorted(([, left], [, right]) => right - left)
}
