/** The ids of a place that begin with a prefix, or only the id that equals it; copied by one lane. */
export interface CopyPart {
  readonly prefix: string
  readonly isOneId?: true
  /** The listing's position in the part; absent at its beginning. */
  readonly cursor?: string
  /** The last copied id of the part. */
  readonly copiedTo?: string
}
