import type { Answerer, AnswerPart } from '../models/answerer.ts'
import type { Embedder } from '../models/embedder.ts'
import type { Reranker } from '../models/reranker.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

type Step = Telemetry['steps']['answer']

/** Measures the time of every embedding. */
export function timedEmbedder(embedder: Embedder, { embed }: Telemetry['steps']): Embedder {
  return {
    model: embedder.model,
    dimension: embedder.dimension,
    ...(embedder.maxTokens === undefined ? {} : { maxTokens: embedder.maxTokens }),
    async embed(texts, options) {
      const startedAtMs = performance.now()
      const embedding = await embedder.embed(texts, options)
      embed.observe(performance.now() - startedAtMs)
      return embedding
    },
    [Symbol.asyncDispose]: () => embedder[Symbol.asyncDispose](),
  }
}

/** Measures each written answer, from the request to its last word, or to its end without one. */
export function timedAnswerer(answerer: Answerer, { answer }: Telemetry['steps']): Answerer {
  return {
    model: answerer.model,
    async write(task, options) {
      const startedAtMs = performance.now()
      return timedParts(await answerer.write(task, options), startedAtMs, answer)
    },
    [Symbol.asyncDispose]: () => answerer[Symbol.asyncDispose](),
  }
}

async function* timedParts(parts: AsyncIterable<AnswerPart>, startedAtMs: number, step: Step) {
  try {
    yield* parts
  } finally {
    step.observe(performance.now() - startedAtMs)
  }
}

/** Measures each call of the reranker that has a result. */
export function timedReranker(reranker: Reranker, { rerank }: Telemetry['steps']): Reranker {
  return {
    name: reranker.name,
    async rerank(query, texts, options) {
      const startedAtMs = performance.now()
      const scores = await reranker.rerank(query, texts, options)
      rerank.observe(performance.now() - startedAtMs)
      return scores
    },
  }
}
