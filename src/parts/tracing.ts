import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { AnswerEnd, Answerer, AnswerPart } from '../models/answerer.ts'
import type { Embedder } from '../models/embedder.ts'
import type { Reranker } from '../models/reranker.ts'
import { errorTypeOf, type Span, type Tracer, traced } from '../tracing/tracer.ts'
import { version } from '../version.ts'

/** Opens this replica's tracer. OpenTelemetry's SDK is loaded only if the configuration names an address for traces. */
export async function openTracing(
  { tracesUrl }: Pick<Config, 'tracesUrl'>,
  log: Pick<Logger, 'warn' | 'info'>,
): Promise<Tracer | undefined> {
  if (tracesUrl === undefined) return undefined
  const { openTelemetry } = await import('../tracing/open-telemetry.ts')
  return openTelemetry({
    url: tracesUrl,
    service: { name: 'tenant-router', version, instanceId: randomUUID() },
    onFailing: (error) => log.warn({ err: error }, 'traces cannot be delivered and are dropped'),
    onWorking: () => log.info('traces are delivered again'),
  })
}

/** A span for each embedding. `provider` as in the settings. */
export function tracedEmbedder(
  embedder: Embedder,
  tracer: Tracer,
  provider: Config['embedding']['provider'],
): Embedder {
  const fields = modelFields('embeddings', provider, embedder.model)
  return {
    model: embedder.model,
    dimension: embedder.dimension,
    ...(embedder.maxTokens !== undefined && { maxTokens: embedder.maxTokens }),
    embed(texts, options) {
      const span = tracer.call(kindOf(provider), `embeddings ${embedder.model}`, {
        ...fields,
        'gen_ai.embeddings.dimension.count': embedder.dimension,
        'tenant_router.texts': texts.length,
      })
      return traced(
        span,
        () => embedder.embed(texts, options),
        ({ tokens }) => ({ 'gen_ai.usage.input_tokens': tokens }),
      )
    },
    [Symbol.asyncDispose]: () => embedder[Symbol.asyncDispose](),
  }
}

/** A span for each written answer, from the request to its last word. */
export function tracedAnswerer(answerer: Answerer, tracer: Tracer, provider: Config['answer']['provider']): Answerer {
  const fields = modelFields('chat', provider, answerer.model)
  return {
    model: answerer.model,
    async write(task, options) {
      const span = tracer.call(kindOf(provider), `chat ${answerer.model}`, fields)
      if (span === undefined) return answerer.write(task, options)
      try {
        return spanned(await span.within(() => answerer.write(task, options)), span)
      } catch (error) {
        span.end(errorTypeOf(error))
        throw error
      }
    },
    [Symbol.asyncDispose]: () => answerer[Symbol.asyncDispose](),
  }
}

/** A span for each call of the reranker. The lexical one calls nobody. */
export function tracedReranker(reranker: Reranker, tracer: Tracer, isEndpoint: boolean): Reranker {
  const provider = isEndpoint ? 'endpoint' : 'local'
  const fields = modelFields('rerank', provider, reranker.name)
  return {
    name: reranker.name,
    rerank(query, texts, options) {
      const more = { ...fields, 'tenant_router.texts': texts.length }
      const span = tracer.call(kindOf(provider), `rerank ${reranker.name}`, more)
      return traced(span, () => reranker.rerank(query, texts, options))
    },
  }
}

/** Passes the parts on; the span ends with them, or when the reader stops. */
async function* spanned(parts: AsyncIterable<AnswerPart>, span: Span): AsyncGenerator<AnswerPart> {
  let errorType: string | undefined = 'aborted'
  try {
    for await (const part of parts) {
      if ('finish' in part) span.set(endFields(part))
      yield part
    }
    errorType = undefined
  } catch (error) {
    errorType = errorTypeOf(error)
    throw error
  } finally {
    span.end(errorType)
  }
}

function endFields({ finish, usage }: AnswerEnd) {
  return {
    'gen_ai.response.finish_reasons': finish,
    'gen_ai.usage.input_tokens': usage.promptTokens,
    'gen_ai.usage.output_tokens': usage.completionTokens,
  }
}

type Provider = Config['embedding']['provider'] | Config['answer']['provider'] | 'endpoint'

function modelFields(operation: string, provider: Provider, model: string) {
  return { 'gen_ai.operation.name': operation, 'gen_ai.provider.name': provider, 'gen_ai.request.model': model }
}

function kindOf(provider: Provider): 'client' | 'internal' {
  return provider === 'local' || provider === 'extractive' ? 'internal' : 'client'
}
