import { isAppError } from '../../errors.ts'
import type { Embedding, TenantEmbedder, TenantEmbedders } from '../../models/embedder.ts'

/**
 * Embedders for questions asked together of one place: the first of `texts` to be embedded embeds all of them in one
 * call. Its tokens are counted for that first one.
 */
export function embedTogether(embedders: TenantEmbedders, texts: readonly string[]): TenantEmbedders {
  let together: TenantEmbedder | undefined
  return {
    of(vectors) {
      together ??= inOneCall(embedders.of(vectors), texts)
      return together
    },
  }
}

function inOneCall(embedder: TenantEmbedder, texts: readonly string[]): TenantEmbedder {
  const places = new Map([...new Set(texts)].map((text, at) => [text, at]))
  let together: Promise<Embedding> | undefined
  return {
    model: embedder.model,
    dimension: embedder.dimension,
    ...(embedder.maxTokens !== undefined && { maxTokens: embedder.maxTokens }),
    ...(embedder.words !== undefined && { words: embedder.words }),
    ...(embedder.searchVector !== undefined && { searchVector: embedder.searchVector }),
    async embed(asked, options) {
      const [text] = asked
      const at = text === undefined || asked.length > 1 ? undefined : places.get(text)
      if (at === undefined) return embedder.embed(asked, options)
      const first = together === undefined
      // Not ended by one caller's going: others may wait for its vectors.
      together ??= embedder.embed([...places.keys()], { tenantId: options.tenantId })
      try {
        const { vectors, tokens } = await together
        const vector = vectors[at]
        return { vectors: vector === undefined ? [] : [vector], tokens: first ? tokens : 0 }
      } catch (error) {
        // One text that the model can't take is no fault of the others.
        if (isAppError(error, 'invalid_request')) return embedder.embed(asked, options)
        throw error
      }
    },
  }
}
