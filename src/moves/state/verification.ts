/** How alike two places answer: of the ten nearest of the one, which share the other finds too, 0 to 1. */
export interface Replay {
  readonly queries: number
  readonly meanOverlapAt10: number
  readonly leastOverlapAt10: number
}

/** What the comparison of two places found; kept with the move and shown with it. */
export interface VerificationReport {
  readonly verifiedAt: string
  readonly sourceRecords: number
  readonly targetRecords: number
  /** Records that were equal in id, float32 values, sparse values and metadata. */
  readonly equal: number
  readonly repaired: number
  /** SHA-256, chained over the digests of all records in the order of their ids, the same for both places. */
  readonly digest: string
  /** Absent when no query of the tenant was known to the replica that verified. */
  readonly replayed?: Replay
}
