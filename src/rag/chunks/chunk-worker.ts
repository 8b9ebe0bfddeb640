import { setImmediate } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { type Chunk, chunkText } from './chunk.ts'
import type { ChunkRule } from './chunk-rule.ts'

export interface ChunkRequest {
  readonly id: number
  readonly text: string
  readonly rule: ChunkRule
}

export type ChunkReply =
  | { readonly id: number; readonly chunks: readonly Chunk[] }
  | { readonly id: number; readonly error: string }

/** Time after which a long text lets shorter ones pass. */
const turnMs = 20

parentPort?.on('message', async ({ id, text, rule }: ChunkRequest) => {
  let turnEndsMs = performance.now() + turnMs
  const pause = async (): Promise<void> => {
    if (performance.now() < turnEndsMs) return
    await setImmediate()
    turnEndsMs = performance.now() + turnMs
  }
  try {
    parentPort?.postMessage({ id, chunks: await chunkText(text, rule, pause) } satisfies ChunkReply)
  } catch (error) {
    parentPort?.postMessage({ id, error: String(error) } satisfies ChunkReply)
  }
})
