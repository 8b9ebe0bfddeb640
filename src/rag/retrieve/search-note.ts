/** How a search really went, in an answer that was asked for more than the plain one. */
export interface SearchNote {
  readonly mode: 'dense' | 'hybrid'
  /** Of hybrid: where words were looked for; `candidates`: only among what was near. */
  readonly lexical?: 'store' | 'candidates'
  /** Who reranked: a model, or `lexical`. Null: it was away, and asked for as optional. */
  readonly reranker?: string | null
  /** What `score` is, and what `minScore` is compared with. */
  readonly score: 'similarity' | 'fused' | 'rerank'
}
