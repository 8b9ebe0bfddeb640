import { sparseText } from '../lexical/sparse.ts'
import type { VectorRecord } from '../stores/store.ts'
import type { SearchSettings } from './search-settings.ts'

/** Chunks with the words of their texts beside their vectors, where the indexes take them. */
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
