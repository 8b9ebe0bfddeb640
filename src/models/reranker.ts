/**
 * Judges texts against a question one by one, which is sharper than comparing vectors and dearer. Adapters:
 * `http-reranker.ts` (a cross-encoder behind an endpoint) and `lexical-reranker.ts` (words alone, no model).
 */
export interface Reranker {
  /** What answers say reranked them: the model's name, or `lexical`. */
  readonly name: string
  /**
   * One score a text, in the same order; more is nearer, and 0 or above.
   * @throws AppError `rerank_unavailable` when the endpoint cannot be reached, keeps refusing after retries, or answers
   *   with something else than one number a text. When `signal` ends the call its reason is thrown.
   */
  rerank(
    query: string,
    texts: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly number[]>
}
