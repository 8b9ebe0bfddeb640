/** Upper bounds of a day's latencies. A change of them needs a new column: rows of earlier days have the old ones. */
export const latencyBoundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const

export function addLatency(counts: number[], ms: number): void {
  const at = latencyBoundsMs.findIndex((bound) => ms <= bound)
  const place = at < 0 ? latencyBoundsMs.length : at
  counts[place] = (counts[place] ?? 0) + 1
}

/**
 * The latency that a share of the requests kept below: the upper bound of its class, so it is never too low, or the last
 * bound for one beyond it; null for no requests.
 */
export function latencyOf(counts: readonly number[], share: number): number | null {
  const all = counts.reduce((sum, count) => sum + count, 0)
  let seen = 0
  for (const [at, count] of counts.entries()) {
    seen += count
    if (count > 0 && seen >= all * share) return latencyBoundsMs[at] ?? (latencyBoundsMs.at(-1) as number)
  }
  return null
}
