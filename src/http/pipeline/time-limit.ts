import { AppError } from '../../errors.ts'
import { Deadline } from './deadline.ts'
import type { Exchange } from './exchange.ts'
import type { Stage } from './stages.ts'

/** Milliseconds for which the caller waits, from when the request arrived. */
const ownHeader = 'x-request-timeout-ms'
/** The same, as Envoy tells whoever it passes a request to. */
const envoysHeader = 'x-envoy-expected-rq-timeout-ms'
const longestMs = 3_600_000

/** Starts the time limit that the caller's headers name, if any. */
export const limitTime: Stage = (exchange) => {
  const { headers, startedMs } = exchange
  const limits = [ownLimit(headers.get(ownHeader)), envoysLimit(headers.get(envoysHeader))]
  const limitMs = Math.min(...limits.filter((limit) => limit !== undefined))
  if (Number.isFinite(limitMs)) exchange.deadline = new Deadline(Math.max(0, limitMs - (performance.now() - startedMs)))
}

/** The last look before the route's own work: until here nothing was done. */
export const inTime: Stage = ({ deadline }: Exchange) => deadline?.signal.throwIfAborted()

/**
 * Ends a read at its time limit, also where what it waits for can't be broken off. A write is left to its end: its
 * outcome would be in doubt.
 */
export async function withinLimit<T>({ deadline }: Exchange, work: Promise<T>): Promise<T> {
  if (deadline === undefined) return work
  const { signal } = deadline
  const over = Promise.withResolvers<never>()
  const onOver = () => over.reject(signal.reason)
  if (signal.aborted) onOver()
  signal.addEventListener('abort', onOver, { once: true })
  try {
    return await Promise.race([work, over.promise])
  } finally {
    signal.removeEventListener('abort', onOver)
  }
}

function ownLimit(text: string | null): number | undefined {
  if (text === null) return undefined
  const limitMs = /^\d{1,7}$/.test(text.trim()) ? Number(text) : 0
  if (limitMs >= 1 && limitMs <= longestMs) return limitMs
  const words = `X-Request-Timeout-Ms must be a whole number of milliseconds from 1 to ${longestMs}.`
  throw new AppError('invalid_request', words)
}

/** A proxy's header is not the caller's fault: one that can't be read is passed over. */
function envoysLimit(text: string | null): number | undefined {
  const limitMs = text !== null && /^\d{1,9}$/.test(text) ? Number(text) : 0
  return limitMs > 0 ? limitMs : undefined
}
