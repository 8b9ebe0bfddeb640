import type { RerankSettings } from '../config/rerank-settings.ts'
import { type HttpRerankerOptions, httpReranker } from '../models/http-reranker.ts'
import { lexicalReranker } from '../models/lexical-reranker.ts'
import type { Reranker } from '../models/reranker.ts'
import { type Tracer, tracedFetch } from '../tracing/tracer.ts'
import { tracedReranker } from './tracing.ts'

/** The configured cross-encoder, or the lexical reranker without one. */
export function openReranker(
  settings: RerankSettings | undefined,
  tracer: Tracer | undefined,
  limits: Pick<HttpRerankerOptions, 'timeoutMs' | 'guard'> = {},
): Reranker {
  const reranker = settings === undefined ? lexicalReranker : overHttp(settings, tracer, limits)
  return tracer === undefined ? reranker : tracedReranker(reranker, tracer, settings !== undefined)
}

function overHttp(
  { url, shape, model, apiKey }: RerankSettings,
  tracer: Tracer | undefined,
  limits: Pick<HttpRerankerOptions, 'timeoutMs' | 'guard'>,
): Reranker {
  return httpReranker({ url, shape, model, apiKey: apiKey?.reveal(), fetch: tracer && tracedFetch(tracer), ...limits })
}
