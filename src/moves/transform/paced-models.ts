import { setTimeout } from 'node:timers/promises'
import { AppError, isAppError } from '../../errors.ts'
import { Pace } from '../pace/pace.ts'
import { paceSettings } from '../pace/pace-settings.ts'
import type { MoveModel, MoveModels } from './move-models.ts'

/** A configured embedding model, called outside every tenant's quota. */
export interface PlainModel {
  readonly model: string
  readonly dimension: number
  embed(
    texts: readonly string[],
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly vectors: readonly (readonly number[])[]; readonly tokens: number }>
  readonly searchVector?: MoveModel['searchVector']
}

/** Typical of English. A wrong estimate makes the movers a little faster or slower. */
const bytesOfToken = 4

/**
 * The embedding models for movers, each within a budget of its own that all moves of the replica share. A refusal (429)
 * halves the budget, which then grows back in two minutes: what the provider grants is left to the tenants' own calls.
 *
 * @param tokensPerMinute 0: no limit.
 */
export function pacedModels(models: readonly PlainModel[], tokensPerMinute: number): MoveModels {
  const byName = new Map(models.map((one) => [one.model, { one, call: pacedModel(one, tokensPerMinute) }]))
  return {
    of({ model, dimension }) {
      const found = byName.get(model)
      if (found?.one.dimension === dimension) return found.call
      const words = `No setting names the embedding model ${model} with ${dimension} dimensions.`
      throw new AppError('embedding_unavailable', words)
    },
  }
}

function pacedModel(model: PlainModel, tokensPerMinute: number): MoveModel {
  const perSecond = tokensPerMinute / 60
  const budget = { maxPerSecond: perSecond, minPerSecond: perSecond / 20, increasePerSecond: perSecond / 120 }
  const pace = tokensPerMinute === 0 ? undefined : new Pace(() => performance.now(), { ...paceSettings, ...budget })
  return {
    ...(model.searchVector !== undefined && { searchVector: model.searchVector }),
    async embed(texts, signal) {
      const tokens = texts.reduce((sum, text) => sum + Math.ceil(Buffer.byteLength(text) / bytesOfToken), 0)
      const waitMs = pace?.take(tokens) ?? 0
      if (waitMs > 0) await setTimeout(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted())
      try {
        return await model.embed(texts, { signal })
      } catch (fault) {
        if (isAppError(fault, 'embedding_unavailable')) pace?.refused()
        throw isAppError(fault) && fault.isLasting ? modelGone(model.model, fault) : fault
      }
    },
  }
}

function modelGone(model: string, cause: AppError): AppError {
  const words = `The provider of the embedding model ${model} says that there is no such model, or no longer.`
  return new AppError('embedding_unavailable', words, { cause, isLasting: true })
}
