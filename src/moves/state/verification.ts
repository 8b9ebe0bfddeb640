/**
 * Similarity of two places' answers: the share of one's ten nearest that the other finds too, 0 to 1, and by how many
 * ranks those that both find differ. Of a move to another model each place is asked by its own.
 */
export interface Replay {
  readonly queries: number
  readonly meanOverlapAt10: number
  readonly leastOverlapAt10: number
  /** Absent in reports from before it was measured. */
  readonly meanRankShift?: number
}

/** The vectors that a move that transforms has made, and how the model answers the same texts a second time. */
export interface Reembedded {
  readonly model: string
  /** Records whose vector the model made, each proven by its stamp or by a second embedding. */
  readonly records: number
  /** Which model made the vectors of how many of the tenant's records; absent in reports from before it was counted. */
  readonly recordsByModel?: readonly { readonly model: string; readonly records: number }[]
  /** Records without a text, whose vector was supplied. */
  readonly supplied: number
  /** Records without a text or such a vector, which stay in the old place. */
  readonly leftBehind: number
  /** Records embedded a second time, and the cosine of both vectors. */
  readonly sampled: number
  readonly leastCosine: number | null
  readonly meanCosine: number | null
}

/** One page in so many whose digest the copy kept, and the first, is read from the source again all the same. */
export const pageSampledEvery = 32

/** The findings of the comparison of two places; stored with the move and shown with it. */
export interface VerificationReport {
  readonly verifiedAt: string
  readonly sourceRecords: number
  /**
   * Records that were read from the source to compare them; the digests of the others were kept from the copy. Absent in
   * reports from before digests were kept, when all were read.
   */
  readonly readAgain?: number
  /** Lanes of the last pass; absent in reports from before there were several. */
  readonly lanes?: number
  /** Present where a pass in lanes was not trusted, and one lane compared all anew. */
  readonly discarded?: number
  readonly targetRecords: number
  /** Records equal in id, float32 values, sparse values and metadata. */
  readonly equal: number
  readonly repaired: number
  /**
   * The sum modulo 2^256 of the SHA-256 of each record, the same for both places, whatever the lanes. In reports from
   * before there were several: chained in id order.
   */
  readonly digest: string
  /** Absent when the verifying replica knew no query of the tenant. */
  readonly replayed?: Replay
  /** Present for a move that transforms. */
  readonly reembedded?: Reembedded
  /** Present for a move to an index of another metric: each of so many vectors was found to be of unit length. */
  readonly unitLength?: { readonly from: string; readonly to: string; readonly records: number }
}

/** The last comparison of a move that soaks, or was paused after its verification. */
export interface VerifiedAgain {
  readonly at: string
  readonly records: number
  /** Records that differ and that nobody wrote since. */
  readonly different: number
  readonly tookMs: number
}

/** How fresh the comparison of two places is. */
export interface Freshness {
  readonly at: string
  readonly ageS: number
  /** Whether it is older than three times the interval at which it should be made again. */
  readonly isStale: boolean
  /** Records that differed; 0 for the comparison before the switch, which repairs them. */
  readonly different: number
}
