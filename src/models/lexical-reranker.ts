import { bm25 } from '../lexical/bm25.ts'
import type { Reranker } from './reranker.ts'

/**
 * Fallback when no cross-encoder is configured: BM25 over the candidates. It compares words, not meanings, and its name
 * says so.
 */
export const lexicalReranker: Reranker = {
  name: 'lexical',
  async rerank(query, texts) {
    return bm25(query, texts)
  },
}
