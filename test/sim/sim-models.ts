import type { TenantEmbedder, TenantEmbedders } from '../../src/models/embedder.ts'
import type { MoveModels } from '../../src/moves/transform/move-models.ts'
import type { VectorSpace } from '../../src/placement/placement.ts'
import type { Chunker } from '../../src/rag/chunks/chunker.ts'
import type { Schedule } from './schedule.ts'

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

/** The models of a world whose moves transform: `test`, of every tenant in the beginning, and one of another dimension. */
export const simModels = [
  { name: 'test', dimension: 4, metric: 'cosine' },
  { name: 'other', dimension: 3, metric: 'cosine' },
] as const

/** The vector that a model of the simulation makes of `v7 c0`: what stands at seven, in its own way. */
export function simVector({ model }: Pick<VectorSpace, 'model'>, text: string): readonly number[] {
  const n = Number.parseInt(text.slice(1), 10)
  return model === 'other' ? [n, 1, 0] : [1, n, 0, 1]
}

/** The models for apps: each text by the model of the place that it goes to. */
export const simEmbedders: TenantEmbedders = {
  of: ({ model, dimension }) => ({
    model,
    dimension,
    async embed(texts) {
      return { vectors: texts.map((text) => simVector({ model }, text)), tokens: texts.length }
    },
  }),
}

/** The same for one mover, whose calls are steps of the schedule. */
export function simMoveModels(schedule: Schedule, actor: string): MoveModels {
  return {
    of: (space) => ({
      async embed(texts, signal) {
        await schedule.point(actor, `embed ${space.model}`)
        signal.throwIfAborted()
        return { vectors: texts.map((text) => simVector(space, text)), tokens: texts.length }
      },
    }),
  }
}
