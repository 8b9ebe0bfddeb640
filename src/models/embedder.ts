import type { TenantId } from '../placement/tenant-id.ts'

/** Turns text into vectors. Adapters: `openai.ts` (any compatible endpoint) and `local.ts` (sentence encoder in a worker). */
export interface Embedder extends AsyncDisposable {
  /** The model's name as the registry records it beside each index. */
  readonly model: string
  readonly dimension: number
  /** Tokens of one text that the model was made for; a longer text is seen less sharply, or refused. */
  readonly maxTokens?: number
  /**
   * One vector a text, in the same order. Splits into the provider's batches by itself.
   * @throws AppError `embedding_unavailable` when the provider cannot be reached, keeps refusing after retries, or
   *   answers with something else than one vector of `dimension` a text; `invalid_request` for a text too long for the
   *   model. When `signal` ends the call its reason is thrown.
   */
  embed(texts: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<Embedding>
}

/** What the verbs embed with: each call says whose tokens it uses, so that none goes uncounted or to another tenant. */
export interface TenantEmbedder extends Pick<Embedder, 'model' | 'dimension' | 'maxTokens'> {
  /** @throws AppError as `Embedder.embed` does; `quota_exceeded` when the tenant has used up its tokens for now. */
  embed(
    texts: readonly string[],
    options: { readonly tenantId: TenantId; readonly signal?: AbortSignal },
  ): Promise<Embedding>
}

export interface Embedding {
  readonly vectors: readonly (readonly number[])[]
  /** Tokens that the provider counted, or our own count where it counts none. */
  readonly tokens: number
}
