import { createHash } from 'node:crypto'
import type { Embedder } from '../../src/models/embedder.ts'

export interface HashEmbedder extends Embedder {
  /** Texts embedded so far. */
  readonly count: number
}

/** Embeds a text as the bag of its words, each at a place its hash gives: what shares words is near, always the same way. */
export function hashEmbedder(dimension = 64, model = 'hash'): HashEmbedder {
  let count = 0
  return {
    model,
    dimension,
    get count() {
      return count
    },
    async embed(texts) {
      count += texts.length
      return { vectors: texts.map((text) => bagOfWords(text, dimension)), tokens: texts.join(' ').split(/\s+/).length }
    },
    async [Symbol.asyncDispose]() {},
  }
}

export function bagOfWords(text: string, dimension = 64): number[] {
  const vector = new Array<number>(dimension).fill(0)
  vector[0] = 0.01 // a text without words has a direction too
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const hash = createHash('sha256').update(word).digest()
    const at = hash.readUInt32BE(0) % dimension
    vector[at] = (vector[at] ?? 0) + 1
  }
  return vector
}
