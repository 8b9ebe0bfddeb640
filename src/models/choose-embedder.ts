import { AppError } from '../errors.ts'
import { noModel, type VectorSpace } from '../placement/placement.ts'
import type { TenantEmbedder, TenantEmbedders } from './embedder.ts'

/** The configured models; each is found by the name and dimension that an index carries. */
export function embeddersOf(models: readonly TenantEmbedder[]): TenantEmbedders {
  const byName = new Map(models.map((embedder) => [embedder.model, embedder]))
  return {
    of(vectors) {
      const embedder = byName.get(vectors.model)
      if (embedder !== undefined && embedder.dimension === vectors.dimension) return embedder
      throw vectors.model === noModel ? onlyVectors() : noSuchModel(vectors)
    },
  }
}

function onlyVectors(): AppError {
  const words =
    'Only the app makes vectors of this tenant: no embedding model is set for its texts. Send vectors instead.'
  return new AppError('invalid_request', words)
}

function noSuchModel({ model, dimension }: VectorSpace): AppError {
  const words = `This tenant's texts are embedded by ${model} with ${dimension} dimensions, which the service is not configured for. Vectors are still served. Ask your platform team.`
  return new AppError('embedding_unavailable', words)
}
