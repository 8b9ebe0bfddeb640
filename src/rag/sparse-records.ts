import { sparseText } from '../lexical/sparse.ts'
import type { VectorRecord } from '../stores/store.ts'
import type { SearchSettings } from './search-settings.ts'

/** Adds the sparse vectors of chunks' texts, where the indexes support them. */
export function withWords(
  { indexMetric }: Pick<SearchSettings, 'indexMetric'>,
  records: readonly VectorRecord[],
): readonly VectorRecord[] {
  if (indexMetric === 'cosine') return records
  return records.map((record) => {
    const text = record.metadata?.text
    const sparseValues = typeof text === 'string' ? sparseText(text) : undefined
    return sparseValues === undefined ? record : { ...record, sparseValues }
  })
}
