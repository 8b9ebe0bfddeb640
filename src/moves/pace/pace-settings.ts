/**
 * A mover's call rate on one index, and how it slows down. Costs are in units of the vendor's most expensive call, a
 * fetch.
 */
export interface PaceSettings {
  /**
   * Initial and highest cost per second: below the vendor's 100 fetches a second per index, so that neighbours have
   * some.
   */
  readonly maxPerSecond: number
  readonly minPerSecond: number
  /** Added for each second without trouble. */
  readonly increasePerSecond: number
  /** The share of the rate kept after trouble. */
  readonly decreaseTo: number
  /** Trouble within this time of the last is the same trouble. */
  readonly oneTroubleMs: number
  /** Cost that an idle pace lets through at once; by default a second's worth. */
  readonly atOnce?: number
  /** An answer slower than usual by this factor is trouble, if it is slow at all. */
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

/**
 * The vendor's limits a second (docs: rate limits), each counted separately: fetches and lists per index, upserts per
 * namespace, their bytes as `storedRecordBytes` counts them.
 */
export const vendorRates = { fetch: 100, list: 200, upsert: 100, upsertBytes: 50_000_000 } as const
/** The cost of a call in the pace of its index, beside lists and upserts, which have a pace of their own as well. */
export const callCosts = { fetch: 1, other: 0.1 } as const

/** The same share of the limit of lists. */
export const listSettings: PaceSettings = scaled(vendorRates.list / vendorRates.fetch)
/**
 * Upserts are not saved up while idle: a second's worth at once, and as much in the second after it, would be nearly
 * twice the limit. Fetches and lists bear that, for reads of a small place are over in one such second.
 */
export const upsertSettings: PaceSettings = { ...scaled(vendorRates.upsert / vendorRates.fetch), atOnce: 1 }
/** At once: the largest upsert. */
export const upsertByteSettings: PaceSettings = {
  ...scaled(vendorRates.upsertBytes / vendorRates.fetch),
  atOnce: 2_000_000,
}

function scaled(by: number): PaceSettings {
  const { maxPerSecond, minPerSecond, increasePerSecond } = paceSettings
  return {
    ...paceSettings,
    maxPerSecond: maxPerSecond * by,
    minPerSecond: minPerSecond * by,
    increasePerSecond: increasePerSecond * by,
  }
}
