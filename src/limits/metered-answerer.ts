import type { Answerer, AnswerPart, TenantAnswerer } from '../models/answerer.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { TenantGate } from './tenant-gate.ts'

/** Typical of most languages; an estimate until the model reports its count. */
const charsOfToken = 4

/**
 * The answerer, with prompt and completion tokens counted for the tenant of each call.
 * @param onWritten gets those that the model wrote, which have a price of their own.
 */
export function meteredAnswerer(
  answerer: Pick<Answerer, 'model' | 'write'>,
  gate: Pick<TenantGate, 'reserve'>,
  onWritten?: (tenantId: TenantId, tokens: number) => void,
): TenantAnswerer {
  return {
    model: answerer.model,
    async write(task, { tenantId, ...options }) {
      const { system, user } = task.prompt
      const estimate = Math.ceil((system.length + user.length) / charsOfToken)
      const spend = await gate.reserve(tenantId, 'answerTokens', estimate)
      try {
        const done = (read: number, written: number) => {
          spend(Math.ceil(read + written))
          if (written > 0) onWritten?.(tenantId, Math.ceil(written))
        }
        return counted(await answerer.write(task, options), estimate, done)
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
  estimate: number,
  done: (read: number, written: number) => void,
): AsyncGenerator<AnswerPart> {
  let [read, written] = [estimate, 0]
  try {
    for await (const part of parts) {
      if ('text' in part) written += part.text.length / charsOfToken
      else if ('finish' in part) {
        read = part.usage.promptTokens ?? 0
        written = part.usage.completionTokens ?? 0
      }
      yield part
    }
  } finally {
    done(read, written)
  }
}
