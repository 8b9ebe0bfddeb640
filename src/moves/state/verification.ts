/** Similarity of two places' answers: the share of one's ten nearest that the other finds too, 0 to 1. */
export interface Replay {
  readonly queries: number
  readonly meanOverlapAt10: number
  readonly leastOverlapAt10: number
}

/** The findings of the comparison of two places; stored with the move and shown with it. */
export interface VerificationReport {
  readonly verifiedAt: string
  readonly sourceRecords: number
  readonly targetRecords: number
  /** Records equal in id, float32 values, sparse values and metadata. */
  readonly equal: number
  readonly repaired: number
  /** SHA-256, chained over the digests of all records in id order, the same for both places. */
  readonly digest: string
  /** Absent when the verifying replica knew no query of the tenant. */
  readonly replayed?: Replay
}
