/** Turns text into vectors. Adapters: `openai.ts` (any compatible endpoint) and `local.ts` (sentence encoder in a worker). */
export interface Embedder extends AsyncDisposable {
  /** The model's name as the registry records it beside each index. */
  readonly model: string
  readonly dimension: number
  /**
   * One vector a text, in the same order. Splits into the provider's batches by itself.
   * @throws AppError `embedding_unavailable` when the provider cannot be reached or keeps refusing after retries.
   */
  embed(texts: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<Embedding>
}

export interface Embedding {
  readonly vectors: readonly (readonly number[])[]
  /** Tokens that the provider counted, or our own count where it counts none. */
  readonly tokens: number
}
