/** How fast a mover may call one index, and how it slows down. Costs are in the vendor's dearest call, a fetch. */
export interface PaceSettings {
  /** Cost a second at the start and at most: below the vendor's 100 fetches a second an index, so that neighbours have some. */
  readonly maxPerSecond: number
  readonly minPerSecond: number
  /** Added for each second without trouble. */
  readonly increasePerSecond: number
  /** What is left of the rate after trouble. */
  readonly decreaseTo: number
  /** Trouble within this time of the last is the same trouble. */
  readonly oneTroubleMs: number
  /** An answer this many times slower than usual is trouble, if it is slow at all. */
  readonly slowerThanUsual: number
  readonly slowMs: number
}

export const paceSettings: PaceSettings = {
  maxPerSecond: 90,
  minPerSecond: 2,
  increasePerSecond: 5,
  decreaseTo: 0.5,
  oneTroubleMs: 1000,
  slowerThanUsual: 3,
  slowMs: 200,
}

/** The vendor's limits an index and second (docs: rate limits), each counted by itself. */
export const vendorRates = { fetch: 100, list: 200 } as const
/** What a call takes of the pace. A mover lists once for each fetch, at twice the limit: the fetches are what binds. */
export const callCosts = { fetch: 1, list: 0.1, other: 0.1 } as const
