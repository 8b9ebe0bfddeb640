import type { EmbeddingCache } from '../../cache/embedding-cache.ts'
import { embeddingKey } from '../../cache/tenant-scoped-key.ts'
import { AppError } from '../../errors.ts'
import type { TenantEmbedder } from '../../models/embedder.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import type { CallOptions } from '../../stores/store.ts'

export interface EmbedQueryDeps {
  readonly embedder: TenantEmbedder
  readonly embeddings: EmbeddingCache
}

export interface AskOptions extends CallOptions {
  /** Neither reads nor fills the cache. */
  readonly bypass?: boolean
}

export interface QueryEmbedding {
  readonly vector: readonly number[]
  /** Tokens that this call used: 0 when the vector was cached, or another call computes it. */
  readonly tokens: number
}

/**
 * The vector of a tenant's question, from the cache if possible.
 *
 * @throws AppError as `Embedder.embed` does.
 */
export async function embedQuery(
  { embedder, embeddings }: EmbedQueryDeps,
  route: TenantRoute,
  text: string,
  { signal, bypass = false }: AskOptions = {},
): Promise<QueryEmbedding> {
  let tokens = 0
  const load = async (end: AbortSignal | undefined): Promise<readonly number[]> => {
    const { tenantId } = route
    const embedding = await embedder.embed([text], end === undefined ? { tenantId } : { tenantId, signal: end })
    const [vector] = embedding.vectors
    if (vector === undefined) throw new AppError('embedding_unavailable', 'The embedding model gave no vector.')
    tokens = embedding.tokens
    return vector
  }
  if (bypass || !embeddings.isOn) return { vector: await load(signal), tokens }
  const key = embeddingKey(route, embedder.model, text)
  const vector = embeddings.get(key) ?? (await embeddings.load(key, load, { signal }))
  return { vector, tokens }
}
