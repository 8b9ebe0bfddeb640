import { Webhook } from 'standardwebhooks'
import type { DueDelivery } from '../registry/notices/notices.ts'
import type { NoticeHook } from './notice-hook.ts'

/** Time for a receiver's answer. */
const answerWithinMs = 15_000

/** Pauses after failed attempts, as Standard Webhooks advises; then the delivery has failed. */
const pausesS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]

/** When the next attempt is due; null: there is none. */
export function nextAttemptInS(attempts: number, error: string): number | null {
  // 410: the receiver wants no more of it.
  return error.startsWith('410 ') ? null : (pausesS[attempts - 1] ?? null)
}

/**
 * Sends an event to a hook, signed as Standard Webhooks has it. A redirect is not followed: the signature is for the
 * hook's own address.
 * @returns why it was not taken; null: it was.
 */
export async function deliver(delivery: DueDelivery, hook: NoticeHook, signal: AbortSignal): Promise<string | null> {
  const body = JSON.stringify(hook.format === 'slack' ? { text: slackText(delivery) } : payloadOf(delivery))
  const at = new Date()
  try {
    const response = await fetch(hook.url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'webhook-id': delivery.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(hook.secret).sign(delivery.id, at, body),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
    })
    await response.body?.cancel()
    return response.ok ? null : `${response.status} ${response.statusText}`.trim()
  } catch (error) {
    signal.throwIfAborted()
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return cause instanceof Error ? ((cause as { code?: string }).code ?? cause.message) : String(cause)
  }
}

function payloadOf({ type, at, tenantId, data }: DueDelivery): object {
  return { type, timestamp: at, data: { tenantId, ...data } }
}

/** Fields that come first in a line; Postgres keeps none in their order. */
const slackOrder = ['name', 'tier', 'from', 'to', 'kind', 'state', 'gate', 'actor', 'note']

/** One line, with the characters that Slack reads as marks made harmless. */
function slackText({ type, tenantId, data }: DueDelivery): string {
  const names = [...new Set([...slackOrder, ...Object.keys(data)])]
  const details = names
    .filter((name) => data[name] !== null && data[name] !== undefined)
    .map((name) => `${name} ${String(data[name])}`)
  const text = [type, tenantId ?? '', details.join(', ')].filter((part) => part !== '').join(' · ')
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
