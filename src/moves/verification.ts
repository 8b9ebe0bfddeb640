import type { Replay } from './replay-queries.ts'

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
