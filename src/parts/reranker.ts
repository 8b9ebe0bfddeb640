import type { RerankSettings } from '../config/rerank-settings.ts'
import { httpReranker } from '../models/http-reranker.ts'
import { lexicalReranker } from '../models/lexical-reranker.ts'
import type { Reranker } from '../models/reranker.ts'

/** The configured cross-encoder, or the lexical reranker without one. */
export function openReranker(settings: RerankSettings | undefined): Reranker {
  if (settings === undefined) return lexicalReranker
  const { url, shape, model, apiKey } = settings
  return httpReranker({ url, shape, model, apiKey: apiKey?.reveal() })
}
