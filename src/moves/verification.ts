/** What the comparison of two places found; kept with the move and exported as it is. */
export interface VerificationReport {
  readonly verifiedAt: string
  readonly sourceRecords: number
  readonly targetRecords: number
  /** Records that were equal in id, float32 values, sparse values and metadata. */
  readonly equal: number
  readonly repaired: number
  /** SHA-256 over the digests of all records in the order of their ids, the same for both places. */
  readonly digest: string
}
