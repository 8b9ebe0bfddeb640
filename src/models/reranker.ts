/**
 * Scores texts against a question one by one, which is sharper and costlier than comparing vectors. Adapters:
 * `http-reranker.ts` (a cross-encoder behind an endpoint) and `lexical-reranker.ts` (words alone, no model).
 */
export interface Reranker {
  /** The reranker's name in answers: the model's name, or `lexical`. */
  readonly name: string
  /**
   * Returns one score per text, in the same order, 0 or above; higher is nearer.
   * @throws AppError `rerank_unavailable` when the endpoint is unavailable, keeps refusing after retries, or returns
   *   anything but one number per text. When `signal` ends the call its reason is thrown.
   */
  rerank(
    query: string,
    texts: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly number[]>
}
