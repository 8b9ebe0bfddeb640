import { Worker } from 'node:worker_threads'
import type { Embedder, Embedding } from './embedder.ts'
import { startEncoderThread } from './encoder-thread.ts'
import { type Job, nextSlice } from './fair-queue.ts'
import { windowTokens } from './token-windows.ts'

export interface LocalEmbedderOptions {
  /** For tests, which end the worker from outside. */
  readonly startWorker?: () => Worker
}

interface Call extends Job {
  readonly vectors: (readonly number[])[]
  tokens: number
  left: number
  readonly answer: PromiseWithResolvers<Embedding>
}

/** Started as a thread: the encoder itself. */
export const workerFile = new URL('./local-worker.ts', import.meta.url)

export const localModel = { model: 'use-lite', dimension: 512, maxTokens: windowTokens } as const

/**
 * The sentence encoder in its own thread: its arithmetic blocks no request; requests only queue for it.
 *
 * @throws AppError `embedding_unavailable` when its optional packages are not installed, with the install command.
 */
export async function startLocalEmbedder(options: LocalEmbedderOptions = {}): Promise<Embedder> {
  const thread = await startEncoderThread(options.startWorker ?? (() => new Worker(workerFile)))
  const waiting: Call[] = []
  let isRunning = false

  function fail(call: Call, fault: unknown): void {
    const at = waiting.indexOf(call)
    if (at >= 0) waiting.splice(at, 1)
    call.answer.reject(fault)
  }

  async function run(): Promise<void> {
    for (;;) {
      const { texts, owners } = nextSlice(waiting)
      if (texts.length === 0) break
      try {
        const { vectors, tokens } = await thread.encode(texts)
        owners.forEach(({ job, position }, at) => {
          job.vectors[position] = vectors[at] ?? []
          job.tokens += tokens[at] ?? 0
          job.left -= 1
          if (job.left === 0) job.answer.resolve({ vectors: job.vectors, tokens: job.tokens })
        })
      } catch (fault) {
        for (const { job } of owners) fail(job, fault)
      }
    }
    isRunning = false
  }

  return {
    ...localModel,
    async embed(texts, { signal } = {}) {
      signal?.throwIfAborted()
      if (texts.length === 0) return { vectors: [], tokens: 0 }
      const answer = Promise.withResolvers<Embedding>()
      const call: Call = { texts, taken: 0, vectors: [], tokens: 0, left: texts.length, answer }
      waiting.push(call)
      // Not at once: what else arrives in this turn of the event loop goes into the same run.
      if (!isRunning) setImmediate(run)
      isRunning = true
      const onAbort = () => fail(call, signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      return await answer.promise.finally(() => signal?.removeEventListener('abort', onAbort))
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  }
}
