import type { Answerer, AnswerPart, TenantAnswerer } from '../models/answerer.ts'
import type { TenantGate } from './tenant-gate.ts'

/** Typical of most languages; an estimate until the model reports its count. */
const charsOfToken = 4

/** The answerer, with prompt and completion tokens counted for the tenant of each call. */
export function meteredAnswerer(
  answerer: Pick<Answerer, 'model' | 'write'>,
  gate: Pick<TenantGate, 'reserve'>,
): TenantAnswerer {
  return {
    model: answerer.model,
    async write(task, { tenantId, ...options }) {
      const { system, user } = task.prompt
      const estimate = Math.ceil((system.length + user.length) / charsOfToken)
      const spend = await gate.reserve(tenantId, 'answerTokens', estimate)
      try {
        return counted(await answerer.write(task, options), estimate, spend)
      } catch (error) {
        spend(0)
        throw error
      }
    },
  }
}

/** Counts an aborted stream too: the whole prompt, and the output received so far. */
async function* counted(
  parts: AsyncIterable<AnswerPart>,
  read: number,
  spend: (used: number) => void,
): AsyncGenerator<AnswerPart> {
  let used = read
  try {
    for await (const part of parts) {
      if ('text' in part) used += part.text.length / charsOfToken
      else if ('finish' in part) used = (part.usage.promptTokens ?? 0) + (part.usage.completionTokens ?? 0)
      yield part
    }
  } finally {
    spend(Math.ceil(used))
  }
}
