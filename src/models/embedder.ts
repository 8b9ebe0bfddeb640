import type { WordVectors } from '../lexical/word-vectors.ts'
import type { VectorSpace } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'

/** Turns text into vectors. Adapters: `openai.ts` (any compatible endpoint) and `local.ts` (sentence encoder in a worker). */
export interface Embedder extends AsyncDisposable {
  /** The model's name as the registry records it beside each index. */
  readonly model: string
  readonly dimension: number
  /** Tokens per text that the model was trained for; it blurs or refuses longer texts. */
  readonly maxTokens?: number
  /**
   * Returns one vector per text, in the same order, and splits into the provider's batches automatically.
   * @throws AppError `embedding_unavailable` when the provider is unavailable, keeps refusing after retries, or returns
   *   anything but one vector of `dimension` per text; `invalid_request` for a text too long for the model. When
   *   `signal` ends the call its reason is thrown.
   */
  embed(texts: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<Embedding>
}

/** The embedder as verbs call it: each call names its tenant, so that no token goes uncounted or to another tenant. */
export interface TenantEmbedder extends Pick<Embedder, 'model' | 'dimension' | 'maxTokens'> {
  /** Related words of the model's language, where known. */
  readonly words?: WordVectors
  /** The unit vector to search with for a question's vector, where they differ. */
  readonly searchVector?: (question: readonly number[]) => readonly number[]
  /** @throws AppError as `Embedder.embed` does; `quota_exceeded` when the tenant's tokens are used up for now. */
  embed(
    texts: readonly string[],
    options: { readonly tenantId: TenantId; readonly signal?: AbortSignal },
  ): Promise<Embedding>
}

/** The configured embedding models. Each index is embedded for by its own. */
export interface TenantEmbedders {
  /**
   * The model that made an index's vectors.
   * @throws AppError `embedding_unavailable`, with the model's name, when no setting names it with this dimension;
   *   `invalid_request` when only apps embed for the index.
   */
  of(vectors: VectorSpace): TenantEmbedder
}

export interface Embedding {
  readonly vectors: readonly (readonly number[])[]
  /** Tokens as the provider counts them, or our own count where it does not. */
  readonly tokens: number
}
