import type { WordVectors } from '../lexical/word-vectors.ts'

/** This deployment's search settings. */
export interface SearchSettings {
  /** The metric of the indexes; only `dotproduct` supports sparse values. */
  readonly indexMetric: 'cosine' | 'dotproduct'
  /** The default mode for a question in words. */
  readonly retrieveMode: 'dense' | 'hybrid'
  /** Related words of the documents' language, where known. */
  readonly words?: WordVectors | undefined
}
