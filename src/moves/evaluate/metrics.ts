/** Ids in their given order, without duplicates. */
export type Ranking = readonly string[]

/** The share of the relevant ids that stand among the first `k`. */
export function recallAt(k: number, ranking: Ranking, relevant: ReadonlySet<string>): number {
  return ranking.slice(0, k).filter((id) => relevant.has(id)).length / relevant.size
}

/**
 * Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) with binary relevance: a hit at rank r counts 1
 * / log2(r + 1), and the ideal order counts 1.
 */
export function ndcgAt(k: number, ranking: Ranking, relevant: ReadonlySet<string>): number {
  let gained = 0
  for (const [at, id] of ranking.slice(0, k).entries()) if (relevant.has(id)) gained += gainAt(at)
  let best = 0
  for (let at = 0; at < Math.min(k, relevant.size); at += 1) best += gainAt(at)
  return gained / best
}

/** 1 / the rank of the first relevant id; 0 when there is none. */
export function reciprocalRank(ranking: Ranking, relevant: ReadonlySet<string>): number {
  const at = ranking.findIndex((id) => relevant.has(id))
  return at < 0 ? 0 : 1 / (at + 1)
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** @param at counted from 0. */
function gainAt(at: number): number {
  return 1 / Math.log2(at + 2)
}
