import type { EmbeddingCache } from '../../cache/embedding-cache.ts'
import { embeddingKey } from '../../cache/tenant-scoped-key.ts'
import { AppError } from '../../errors.ts'
import type { TenantEmbedders } from '../../models/embedder.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import type { CallOptions } from '../../stores/store.ts'

export interface EmbedQueryDeps {
  readonly embedders: TenantEmbedders
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
 * The vector to search with for a tenant's question, by the model of its place, from the cache if possible.
 *
 * @throws AppError as `TenantEmbedders.of` and `Embedder.embed` do.
 */
export async function embedQuery(
  { embedders, embeddings }: EmbedQueryDeps,
  route: TenantRoute,
  text: string,
  { signal, bypass = false }: AskOptions = {},
): Promise<QueryEmbedding> {
  const embedder = embedders.of(route.routing.active.vectors)
  let tokens = 0
  const load = async (end: AbortSignal | undefined): Promise<readonly number[]> => {
    const { tenantId } = route
    const embedding = await embedder.embed([text], end === undefined ? { tenantId } : { tenantId, signal: end })
    const [vector] = embedding.vectors
    if (vector === undefined) throw new AppError('embedding_unavailable', 'The embedding model gave no vector.')
    tokens = embedding.tokens
    return embedder.searchVector?.(vector) ?? vector
  }
  if (bypass || !embeddings.isOn) return { vector: await load(signal), tokens }
  const key = embeddingKey(route, text)
  const vector = embeddings.get(key) ?? (await embeddings.load(key, load, { signal }))
  return { vector, tokens }
}
