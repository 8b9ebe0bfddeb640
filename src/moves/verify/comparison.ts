import type { Misfits } from '../transform/metric-change.ts'
import type { RangeDigest, RangesSoFar } from './range-digests.ts'

/** The findings of a comparison. */
export interface PlaceComparison extends Misfits {
  readonly sourceRecords: number
  /** Those of them that were read; of the others the copy kept a digest, which their copies have. */
  readonly readAgain: number
  readonly targetRecords: number
  readonly equal: number
  /** Records of the source that the target lacks or holds with other contents. */
  readonly toPut: readonly string[]
  /** Records of the target that the source lacks. */
  readonly toDelete: readonly string[]
  /** Records that the target may lack: `RecordMatch.isLeftBehind`. */
  readonly leftBehind: number
  /** Equal records without a text, whose vector was supplied. */
  readonly supplied: number
  /** A sample of the equal records, by id; of a move that transforms. */
  readonly sample: readonly string[]
  /** Equal records whose vector no stamp proves. */
  readonly unstamped: readonly string[]
  /** The sum of the digests of the source's records, modulo 2^256. */
  readonly digestSum: string
}

/** The findings of a comparison that has come to its end. */
export interface ComparedRecords extends PlaceComparison {
  readonly ranges: readonly RangeDigest[]
}

/** The progress of a comparison; another mover continues from here. */
export interface PassProgress extends PlaceComparison {
  /** The last compared id of the source; everything after it is still open, in both places. */
  readonly lastId: string
  readonly sourceCursor: string | null
  readonly targetCursor: string | null
  readonly ranges: RangesSoFar
}

/** The ids that begin with a prefix, or the one id that equals it, and how far their comparison is. */
export interface ComparedPart {
  readonly prefix: string
  readonly isOneId?: true
  readonly begun?: PassProgress
}

/** A pass in lanes; another mover continues the parts that are open. */
export interface LanesSoFar {
  /** The time before the parts were found, by Postgres's clock. */
  readonly since: string
  /** The findings of all parts that are done; null: none is. */
  readonly done: ComparedRecords | null
  readonly open: readonly ComparedPart[]
}

/** The state of a move's comparison. */
export interface PassSoFar {
  /** The number of its pass over all records, from 1. */
  readonly pass: number
  /** Records repaired after the earlier passes. */
  readonly repaired: number
  /** The progress of this pass in one lane; null at its beginning. */
  readonly begun: PassProgress | null
  /** Its progress in lanes. */
  readonly lanes?: LanesSoFar
  /** Passes in lanes that were not trusted: from then on there is one lane. */
  readonly discarded?: number
}
