import { FairSlots, type Line, newLine } from '../concurrency/fair-slots.ts'
import type { Embedder, TenantEmbedder } from '../models/embedder.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { TenantGate } from './tenant-gate.ts'

export interface EmbedderShare {
  /** Concurrent calls of all tenants. */
  readonly calls: number
  readonly callsOfTenant: number
}

/** Typical of most languages; an estimate until the model reports its count. */
const charsOfToken = 4

/**
 * The embedder, with tokens counted for the tenant of each call. Waiting calls are served one of each tenant in turn:
 * however much one tenant ingests, another's question comes next.
 */
export function meteredEmbedder(
  embedder: Pick<Embedder, 'model' | 'dimension' | 'maxTokens' | 'embed'>,
  gate: Pick<TenantGate, 'reserve'>,
  { calls, callsOfTenant }: EmbedderShare,
): TenantEmbedder {
  const slots = new FairSlots(calls)
  const lines = new Map<TenantId, Line>()

  async function inTurn<T>(tenantId: TenantId, call: () => Promise<T>): Promise<T> {
    const line = lines.get(tenantId) ?? newLine(callsOfTenant, Number.POSITIVE_INFINITY)
    lines.set(tenantId, line)
    await slots.enter(line)
    try {
      return await call()
    } finally {
      slots.leave(line)
      if (line.active === 0 && line.waiting.length === 0) lines.delete(tenantId)
    }
  }

  return {
    model: embedder.model,
    dimension: embedder.dimension,
    ...(embedder.maxTokens !== undefined && { maxTokens: embedder.maxTokens }),
    async embed(texts, { tenantId, ...options }) {
      const chars = texts.reduce((sum, text) => sum + text.length, 0)
      const spend = await gate.reserve(tenantId, 'embeddingTokens', Math.ceil(chars / charsOfToken))
      try {
        const embedding = await inTurn(tenantId, () => embedder.embed(texts, options))
        spend(embedding.tokens)
        return embedding
      } catch (error) {
        spend(0)
        throw error
      }
    },
  }
}
