import type { TenantEmbedder } from '../../src/models/embedder.ts'
import type { Chunker } from '../../src/rag/chunks/chunker.ts'

/** Cuts at bars, in this process and at once: what the real one does beside it has no place in a simulated order. */
export const simChunker: Chunker = {
  async chunk(text) {
    let start = 0
    return text.split('|').map((part) => {
      const end = start + part.length
      const chunk = { text: part, start, end, heading: null }
      start = end + 1
      return chunk
    })
  },
  async [Symbol.asyncDispose]() {},
}

/** Embeds `v7 c0` as what stands at seven, always the same way. */
export const simEmbedder: TenantEmbedder = {
  model: 'sim',
  dimension: 4,
  async embed(texts) {
    return { vectors: texts.map((text) => [1, Number.parseInt(text.slice(1), 10), 0, 1]), tokens: texts.length }
  },
}
