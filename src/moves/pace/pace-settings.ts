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

/** The vendor's limits per index and second (docs: rate limits), each counted separately. */
export const vendorRates = { fetch: 100, list: 200 } as const
/** Bytes of upserts per namespace and second, as `storedRecordBytes` counts them. */
const vendorUpsertBytes = 50_000_000
/** The cost of a call, beside lists and the bytes of upserts, which have a pace each. */
export const callCosts = { fetch: 1, other: 0.1 } as const

/** The same shares of the other two limits. */
export const listSettings: PaceSettings = scaled(vendorRates.list / vendorRates.fetch)
export const upsertByteSettings: PaceSettings = scaled(vendorUpsertBytes / vendorRates.fetch)

function scaled(by: number): PaceSettings {
  const { maxPerSecond, minPerSecond, increasePerSecond } = paceSettings
  return {
    ...paceSettings,
    maxPerSecond: maxPerSecond * by,
    minPerSecond: minPerSecond * by,
    increasePerSecond: increasePerSecond * by,
  }
}
