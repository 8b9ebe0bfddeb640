import { startLocalEmbedder } from '../../src/models/local.ts'
import { chunkText } from '../../src/rag/chunks/chunk.ts'
import { chunkRule } from '../../src/rag/chunks/chunk-rule.ts'
import { answerQuestions } from './process.ts'

export interface EncodeOrder {
  readonly documents: readonly string[]
}

export interface EncodeResult {
  readonly seconds: number
  readonly chunks: number
}

const embedder = await startLocalEmbedder()

/**
 * The baseline of ingest: the built-in encoder over the chunks that the service makes of the same documents, split
 * beforehand, and nothing else. It runs in its own process, as the encoder does in the service's.
 */
answerQuestions(async (order): Promise<EncodeResult> => {
  const { documents } = order as EncodeOrder
  const rule = chunkRule(embedder.maxTokens)
  const chunks: string[] = []
  for (const text of documents) for (const chunk of await chunkText(text, rule)) chunks.push(chunk.text)
  const startedAt = performance.now()
  await embedder.embed(chunks)
  return { seconds: (performance.now() - startedAt) / 1000, chunks: chunks.length }
})
