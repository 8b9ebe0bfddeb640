/** Notes on a search beyond the plain one, for its answer. */
export interface SearchNote {
  readonly mode: 'dense' | 'hybrid'
  /** For hybrid: where words were searched; `candidates`: only among the nearest records. */
  readonly lexical?: 'store' | 'candidates'
  /** The reranker: a model, or `lexical`. Null: it was unavailable, and optional. */
  readonly reranker?: string | null
  /** The meaning of `score`, which `minScore` is compared with. */
  readonly score: 'similarity' | 'fused' | 'rerank'
}
