import type { WordVectors } from '../lexical/word-vectors.ts'

/** How this deployment searches. */
export interface SearchSettings {
  /** The metric of the indexes; of the two only `dotproduct` takes sparse values. */
  readonly indexMetric: 'cosine' | 'dotproduct'
  /** The mode of a question in words that names none. */
  readonly retrieveMode: 'dense' | 'hybrid'
  /** Related words of the language of the documents, where they are known. */
  readonly words?: WordVectors | undefined
}
