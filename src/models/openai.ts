import { setTimeout as wait } from 'node:timers/promises'
import { backoffMs } from '../backoff.ts'
import { AppError } from '../errors.ts'
import type { Guard } from '../resilience/guard.ts'
import { guardedAttempt, NotAttempted } from '../resilience/guarded-attempt.ts'
import type { Embedder } from './embedder.ts'
import { embeddingFault, embeddingNotAsked, isTooManyTexts } from './embedding-faults.ts'
import { type EmbeddingAnswer, vectorsOf } from './embedding-vectors.ts'
import { type OpenAiClientOptions, openAiClient, providerFault } from './openai-client.ts'
import { isPassingFault, pauseBeforeRetry } from './provider-fault.ts'
import { requestBatches } from './request-batches.ts'

export interface OpenAiEmbedderOptions extends OpenAiClientOptions {
  readonly model: string
  readonly dimension: number
  /** Whether to send `dimensions`; default: only to OpenAI's third-generation models, which support it. */
  readonly sendDimension?: boolean
  /** Requested encoding of vectors; `none` omits the field, for endpoints that refuse it. Default `base64`. */
  readonly encoding?: 'base64' | 'float' | 'none'
  /** Texts per request, at most; smaller provider limits are discovered. Default 2,048, OpenAI's own. */
  readonly maxBatch?: number
  /** Limit of one attempt. */
  readonly timeoutMs?: number
  /** Retries after the first attempt. */
  readonly maxRetries?: number
  /** Pause before the first retry, doubled for each further one; a longer `Retry-After` wins. */
  readonly retryBaseMs?: number
  /** Time after which a call makes no further attempt. Default 45,000. */
  readonly callMs?: number
  /** Asked before each attempt; absent: nothing is refused. */
  readonly guard?: Guard | undefined
}

/** Concurrent batches of one call. */
const atOnce = 4
/** text-embedding-3-* and -ada-002 (docs: embeddings). */
const openAiMaxTokens = 8_192
/** Longest pause; a provider that asks for more is reported as busy, with the time it named. */
const longestPauseMs = 10_000

/** The embeddings call of OpenAI's protocol, for any endpoint that speaks it. */
export function openAiEmbedder(options: OpenAiEmbedderOptions): Embedder {
  const { model, dimension, encoding = 'base64', maxRetries = 3, retryBaseMs = 300, callMs = 45_000, guard } = options
  const isThirdGeneration = model.startsWith('text-embedding-3')
  const fields = {
    model,
    ...((options.sendDimension ?? isThirdGeneration) ? { dimensions: dimension } : {}),
    ...(encoding === 'none' ? {} : { encoding_format: encoding }),
  }
  const backoff = { baseMs: retryBaseMs, maxMs: longestPauseMs }
  const ended = new AbortController()
  // No retries of its own: they take an account without quota for a busy provider.
  const client = openAiClient(options, { timeout: options.timeoutMs ?? 30_000, maxRetries: 0 })
  /** Texts that one request may have, as far as the provider has shown. */
  let most = options.maxBatch ?? 2_048

  async function ask(texts: readonly string[], signal: AbortSignal): Promise<EmbeddingAnswer> {
    const untilMs = performance.now() + callMs
    // Not by the SDK's method for it, which always says in which encoding it wants them.
    const post = () => client.post<EmbeddingAnswer>('/embeddings', { body: { ...fields, input: texts }, signal })
    guard?.countCall()
    for (let failures = 0; ; failures += 1) {
      try {
        return await guardedAttempt(guard, signal, isFault, post)
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (error instanceof NotAttempted) throw error
        const pauseMs = pauseBeforeRetry(providerFault(error), backoffMs(backoff, failures), longestPauseMs)
        if (pauseMs === undefined || failures >= maxRetries || performance.now() + pauseMs > untilMs) throw error
        if (guard?.mayRepeat() === false) throw error
        await wait(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted())
      }
    }
  }

  /** Halves the batch after a refusal that smaller requests may avoid; the accepted size becomes the limit. */
  async function embedBatch(texts: readonly string[], signal: AbortSignal): Promise<Part> {
    if (texts.length > most) return inHalves(texts, signal)
    let answer: EmbeddingAnswer
    try {
      answer = await ask(texts, signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof NotAttempted) throw embeddingNotAsked(error)
      const fault = providerFault(error)
      if (!isTooManyTexts(fault, texts.length)) throw embeddingFault(fault, options.apiKey)
      const part = await inHalves(texts, signal)
      most = Math.min(most, Math.ceil(texts.length / 2))
      return part
    }
    return { vectors: vectorsOf(answer, texts.length, model, dimension), tokens: tokensOf(answer, texts) }
  }

  async function inHalves(texts: readonly string[], signal: AbortSignal): Promise<Part> {
    const middle = Math.ceil(texts.length / 2)
    const first = await embedBatch(texts.slice(0, middle), signal)
    const second = await embedBatch(texts.slice(middle), signal)
    return { vectors: [...first.vectors, ...second.vectors], tokens: first.tokens + second.tokens }
  }

  return {
    model,
    dimension,
    ...(isThirdGeneration ? { maxTokens: openAiMaxTokens } : {}),
    async embed(texts, { signal } = {}) {
      const batches = requestBatches(texts, most)
      const vectors: (readonly (readonly number[])[])[] = batches.map(() => [])
      let tokens = 0
      const failed = new AbortController()
      const end = AbortSignal.any([ended.signal, failed.signal, ...(signal ? [signal] : [])])
      const queue = batches.entries()
      const work = async () => {
        for (const [position, batch] of queue) {
          if (end.aborted) throw end.reason
          const part = await embedBatch(batch, end)
          vectors[position] = part.vectors
          tokens += part.tokens
        }
      }
      try {
        await Promise.all(Array.from({ length: Math.min(atOnce, batches.length) }, work))
      } catch (fault) {
        failed.abort(fault)
        throw fault
      }
      return { vectors: vectors.flat(), tokens }
    },
    async [Symbol.asyncDispose]() {
      ended.abort(new AppError('shutting_down', 'The service is shutting down.'))
    },
  }
}

const isFault = (error: unknown): boolean => isPassingFault(providerFault(error)) && providerFault(error).status !== 429

interface Part {
  readonly vectors: readonly (readonly number[])[]
  readonly tokens: number
}

/** Estimates four bytes per token where the endpoint counts none, as is typical of English text. */
function tokensOf({ usage }: EmbeddingAnswer, texts: readonly string[]): number {
  const counted = usage?.total_tokens || usage?.prompt_tokens
  return counted || texts.reduce((sum, text) => sum + Math.ceil(Buffer.byteLength(text) / 4), 0)
}
