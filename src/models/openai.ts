import { APIError } from 'openai'
import type { CreateEmbeddingResponse } from 'openai/resources/embeddings'
import { AppError } from '../errors.ts'
import type { Embedder } from './embedder.ts'
import { type OpenAiClientOptions, openAiClient } from './openai-client.ts'
import { requestBatches } from './request-batches.ts'

export interface OpenAiEmbedderOptions extends OpenAiClientOptions {
  readonly model: string
  readonly dimension: number
  /** Whether `dimensions` is sent; default for OpenAI's models of the third generation, which alone know it. */
  readonly sendDimension?: boolean
  /** Of one attempt. */
  readonly timeoutMs?: number
  readonly maxRetries?: number
}

/** Batches of one call that are under way at once. */
const atOnce = 4
/** text-embedding-3-* and -ada-002 (docs: embeddings). */
const openAiMaxTokens = 8_192

/** The official SDK's own retries: 408, 409, 429, 5xx and lost connections, at the time that Retry-After names. */
export function openAiEmbedder(options: OpenAiEmbedderOptions): Embedder {
  const { model, dimension } = options
  const isThirdGeneration = model.startsWith('text-embedding-3')
  const dimensions = (options.sendDimension ?? isThirdGeneration) ? { dimensions: dimension } : {}
  const ended = new AbortController()
  const client = openAiClient(options, { timeout: options.timeoutMs ?? 30_000, maxRetries: options.maxRetries ?? 3 })

  async function embedBatch(texts: readonly string[], signal: AbortSignal): Promise<CreateEmbeddingResponse> {
    try {
      return await client.embeddings.create({ model, input: [...texts], ...dimensions }, { signal })
    } catch (error) {
      throw signal.aborted ? signal.reason : embeddingFault(error, options.apiKey)
    }
  }

  return {
    model,
    dimension,
    ...(isThirdGeneration ? { maxTokens: openAiMaxTokens } : {}),
    async embed(texts, { signal } = {}) {
      const batches = requestBatches(texts)
      const vectors: (readonly number[])[][] = batches.map(() => [])
      let tokens = 0
      const failed = new AbortController()
      const end = AbortSignal.any([ended.signal, failed.signal, ...(signal ? [signal] : [])])
      const queue = batches.entries()
      const work = async () => {
        for (const [position, batch] of queue) {
          if (end.aborted) throw end.reason
          const answer = await embedBatch(batch, end)
          vectors[position] = vectorsOf(answer, batch.length, options)
          tokens += tokensOf(answer, batch)
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

/** @throws AppError `embedding_unavailable` unless there is one vector of the right dimension a text. */
function vectorsOf(answer: CreateEmbeddingResponse, count: number, { model, dimension }: OpenAiEmbedderOptions) {
  const inOrder = Array.isArray(answer?.data) ? answer.data.toSorted((a, b) => a.index - b.index) : []
  if (inOrder.length !== count) {
    throw unavailable(`The embedding model ${model} answered with ${inOrder.length} vectors for ${count} texts.`)
  }
  return inOrder.map(({ embedding }) => {
    if (embedding.length === dimension) return embedding
    throw unavailable(
      `The embedding model ${model} gives vectors of ${embedding.length} dimensions where ${dimension} are configured.`,
    )
  })
}

/** Where the endpoint counts none: four bytes a token, as is usual for English text. */
function tokensOf({ usage }: CreateEmbeddingResponse, texts: readonly string[]): number {
  const counted = usage?.total_tokens || usage?.prompt_tokens
  return counted || texts.reduce((sum, text) => sum + Math.ceil(Buffer.byteLength(text) / 4), 0)
}

function embeddingFault(error: unknown, apiKey: string | undefined): AppError {
  const status = error instanceof APIError ? error.status : undefined
  const message = error instanceof Error ? error.message.slice(0, 300) : String(error)
  // Not the SDK's own error: it holds the request's headers.
  const cause = new Error(apiKey ? message.replaceAll(apiKey, '***') : message)
  if (status === 400 && /maximum (context|input) length|too long|too many tokens|max.*tokens/i.test(message)) {
    return new AppError('invalid_request', 'The text is too long for the embedding model.', { cause })
  }
  if (status === 401 || status === 403) {
    return unavailable(
      'The embedding provider refuses the service itself. Its operator has to check the API key.',
      cause,
    )
  }
  if (status === 400 || status === 404) {
    return unavailable(
      'The embedding provider refuses the request. Its operator has to check the model and the URL.',
      cause,
    )
  }
  return unavailable('The embedding provider cannot be reached or is busy. Try again.', cause, 5)
}

function unavailable(message: string, cause?: Error, retryAfterS?: number): AppError {
  return new AppError('embedding_unavailable', message, {
    ...(cause ? { cause } : {}),
    ...(retryAfterS ? { retryAfterS } : {}),
  })
}
