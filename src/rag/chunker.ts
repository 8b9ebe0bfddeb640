import { Worker } from 'node:worker_threads'
import { AppError } from '../errors.ts'
import type { ChunkRule } from './chunk.ts'
import type { ChunkReply, ChunkRequest } from './chunk-worker.ts'

/** Cuts texts into chunks, beside the thread that answers requests: a long text takes seconds. */
export interface Chunker extends AsyncDisposable {
  readonly rule: ChunkRule
  /** @see chunkText */
  chunk(text: string): Promise<readonly string[]>
}

const tokensDefault = 256

/** @param maxTokens of a text that the embedding model was made for; a chunk is never longer. */
export function chunkRule(maxTokens: number = tokensDefault): ChunkRule {
  const tokens = Math.min(tokensDefault, maxTokens)
  return { tokens, overlap: Math.floor(tokens / 8) }
}

/** The worker is started with the first text and does not keep the process alive. */
export function startChunker(rule: ChunkRule): Chunker {
  const waiting = new Map<number, PromiseWithResolvers<readonly string[]>>()
  let worker: Worker | undefined
  let nextId = 0
  const failAll = (message: string, cause?: unknown): void => {
    worker = undefined
    for (const { reject } of waiting.values()) reject(new AppError('internal', message, { cause }))
    waiting.clear()
  }
  const start = (): Worker => {
    const started = new Worker(new URL('./chunk-worker.ts', import.meta.url))
    started.on('message', (reply: ChunkReply) => {
      const waiter = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('chunks' in reply) waiter?.resolve(reply.chunks)
      else waiter?.reject(new AppError('internal', 'The text could not be cut into chunks.', { cause: reply.error }))
      if (waiting.size === 0) started.unref()
    })
    started.on('error', (error) => failAll('The chunker failed.', error))
    started.on('exit', () => {
      if (worker === started) failAll('The chunker ended.')
    })
    return started
  }
  return {
    rule,
    chunk(text) {
      worker ??= start()
      worker.ref()
      const id = nextId++
      const waiter = Promise.withResolvers<readonly string[]>()
      waiting.set(id, waiter)
      worker.postMessage({ id, text, rule } satisfies ChunkRequest)
      return waiter.promise
    },
    async [Symbol.asyncDispose]() {
      const ending = worker
      failAll('The service is shutting down.')
      await ending?.terminate()
    },
  }
}
