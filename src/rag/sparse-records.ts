import { sparseText } from '../lexical/sparse.ts'
import type { VectorSpace } from '../placement/placement.ts'
import type { VectorRecord } from '../stores/store.ts'

/** Adds the sparse vectors of chunks' texts, where the index supports them. */
export function withWords({ metric }: VectorSpace, records: readonly VectorRecord[]): readonly VectorRecord[] {
  if (metric !== 'dotproduct') return records
  return records.map((record) => {
    const text = record.metadata?.text
    const sparseValues = typeof text === 'string' ? sparseText(text) : undefined
    return sparseValues === undefined ? record : { ...record, sparseValues }
  })
}
