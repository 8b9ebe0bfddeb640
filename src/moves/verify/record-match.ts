import { embeddingStampOf } from '../../stores/embedding-stamp.ts'
import type { VectorRecord } from '../../stores/store.ts'
import type { MetricChange } from '../transform/metric-change.ts'
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
  /** Why a record may not be in the other place as it is, with its id. */
  misfitOf(record: VectorRecord): string | undefined
}

const wholeMatch: RecordMatch = {
  digest: digestRecord,
  isCopy: (record, copy, digest = digestRecord(record)) => digestRecord(copy) === digest,
  isLeftBehind: () => false,
  isDrawn: false,
  isUnstamped: () => false,
  misfitOf: () => undefined,
}

/**
 * Bit by bit; where a move transforms, all but the vector, which its stamp proves; where the metrics differ, all but
 * sparse values, which only one of the places may take.
 */
export function matchOf(transform: Transform | undefined, metric: MetricChange | undefined): RecordMatch {
  const match = transform === undefined ? wholeMatch : transformedMatch(transform)
  if (metric === undefined) return match
  return {
    ...match,
    digest: (record) => match.digest(metric.commonOf(record)),
    isCopy: (record, copy, digest) => match.isCopy(metric.commonOf(record), metric.commonOf(copy), digest),
    misfitOf: (record) => metric.misfitOf(record),
  }
}

function transformedMatch(transform: Transform): RecordMatch {
  return {
    ...wholeMatch,
    digest: digestContent,
    isCopy: (record, copy, digest = digestContent(record)) =>
      digestContent(copy) === digest && transform.isProven(record, copy),
    isLeftBehind: (record) => transform.textOf(record) === undefined,
    isDrawn: transform.isForward,
    isUnstamped: (copy) => transform.isForward && embeddingStampOf(copy) === undefined,
  }
}
