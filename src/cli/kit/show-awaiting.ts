import type { Context } from './context.ts'
import type { ReadOptions } from './verb.ts'

/**
 * Says that a call waits for a second person, where the server answered so.
 * @returns whether it did.
 */
export function showAwaiting(context: Context, options: ReadOptions, answer: object): boolean {
  if (!('status' in answer && answer.status === 'awaiting_approval' && 'id' in answer)) return false
  if (options.json) context.writeJson(answer)
  else context.write(`A second person has to approve it: tenant-router approvals approve ${answer.id}`)
  return true
}
