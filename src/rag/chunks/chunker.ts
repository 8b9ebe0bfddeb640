import { Worker } from 'node:worker_threads'
import { AppError } from '../../errors.ts'
import type { Chunk } from './chunk.ts'
import type { ChunkRule } from './chunk-rule.ts'
import type { ChunkReply, ChunkRequest } from './chunk-worker.ts'

/** Splits texts into chunks in a separate thread: a long text takes seconds. */
export interface Chunker extends AsyncDisposable {
  /** @see chunkText */
  chunk(text: string, rule: ChunkRule): Promise<readonly Chunk[]>
}

/** The worker starts with the first text and does not keep the process alive. */
export function startChunker(): Chunker {
  const waiting = new Map<number, PromiseWithResolvers<readonly Chunk[]>>()
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
      else waiter?.reject(new AppError('internal', 'The text could not be split into chunks.', { cause: reply.error }))
      if (waiting.size === 0) started.unref()
    })
    started.on('error', (error) => failAll('The chunker failed.', error))
    started.on('exit', () => {
      if (worker === started) failAll('The chunker ended.')
    })
    return started
  }
  return {
    chunk(text, rule) {
      worker ??= start()
      worker.ref()
      const id = nextId++
      const waiter = Promise.withResolvers<readonly Chunk[]>()
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
