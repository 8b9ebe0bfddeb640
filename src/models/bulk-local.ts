import { Worker } from 'node:worker_threads'
import { AppError } from '../errors.ts'
import type { Embedder, Embedding } from './embedder.ts'
import { localModel, startLocalEmbedder, workerFile } from './local.ts'

export interface BulkLocalOptions {
  /** Time without a call after which the thread ends and gives its memory back. */
  readonly idleMs?: number
  /** For tests, which watch the threads. */
  readonly startWorker?: () => Worker
}

/**
 * The sentence encoder for bulk work: a second thread, which gives way to those that serve. Tenants' questions never
 * queue behind it, and its own thread could not be shared, since a thread that gives way does so for good. The first
 * call starts it.
 */
export function bulkLocalEmbedder({ idleMs = 60_000, startWorker = startGivingWay }: BulkLocalOptions = {}): Embedder {
  let lane: Promise<Embedder> | undefined
  let underWay = 0
  let idle: NodeJS.Timeout | undefined
  const ending = new Set<Promise<unknown>>()
  let isClosed = false

  async function end(): Promise<void> {
    const former = lane
    lane = undefined
    // One that could not start has nothing to end.
    await (await former?.catch(() => undefined))?.[Symbol.asyncDispose]()
  }

  function endSoon(afterMs: number): void {
    idle = setTimeout(() => {
      const ended = end().finally(() => ending.delete(ended))
      ending.add(ended)
    }, afterMs)
    idle.unref()
  }

  return {
    ...localModel,
    async embed(texts, options): Promise<Embedding> {
      if (isClosed) throw new AppError('shutting_down', 'The service is shutting down.')
      clearTimeout(idle)
      underWay += 1
      let restMs = 0
      try {
        lane ??= startLocalEmbedder({ startWorker })
        const embedding = await (await lane).embed(texts, options)
        restMs = idleMs
        return embedding
      } finally {
        underWay -= 1
        // After a fault the next call gets a fresh thread.
        if (underWay === 0 && !isClosed) endSoon(restMs)
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      clearTimeout(idle)
      await Promise.all([end(), ...ending])
    },
  }
}

function startGivingWay(): Worker {
  return new Worker(workerFile, { workerData: { givesWay: true } })
}
