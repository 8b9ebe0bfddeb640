import { embeddingStampOf } from '../../stores/embedding-stamp.ts'
import type { VectorRecord } from '../../stores/store.ts'
import type { Transform } from '../transform/transform.ts'
import { digestContent, digestRecord } from './digest.ts'

/** When two places have the same of a record. */
export interface RecordMatch {
  /** SHA-256 of what is the same in both places. */
  digest(record: VectorRecord): string
  /** @param digest the record's, where it is known. */
  isCopy(record: VectorRecord, copy: VectorRecord, digest?: string): boolean
  /** Whether the other place may lack it: it has no text that a vector could be made of. */
  isLeftBehind(record: VectorRecord): boolean
  /** Whether a sample of the copies is embedded a second time. */
  readonly isDrawn: boolean
  /** Whether only a second embedding proves a copy's vector. */
  isUnstamped(copy: VectorRecord): boolean
}

const wholeMatch: RecordMatch = {
  digest: digestRecord,
  isCopy: (record, copy, digest = digestRecord(record)) => digestRecord(copy) === digest,
  isLeftBehind: () => false,
  isDrawn: false,
  isUnstamped: () => false,
}

/** Bit by bit; where a move transforms, all but the vector, which its stamp proves. */
export function matchOf(transform: Transform | undefined): RecordMatch {
  if (transform === undefined) return wholeMatch
  return {
    digest: digestContent,
    isCopy: (record, copy, digest = digestContent(record)) =>
      digestContent(copy) === digest && transform.isProven(record, copy),
    isLeftBehind: (record) => transform.textOf(record) === undefined,
    isDrawn: transform.isForward,
    isUnstamped: (copy) => transform.isForward && embeddingStampOf(copy) === undefined,
  }
}
