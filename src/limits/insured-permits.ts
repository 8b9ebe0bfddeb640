import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { PermitGrants, PermitRequest } from '../registry/permits/take-permits.ts'
import { memoryPermits } from './memory-permits.ts'
import type { PermitSource } from './permit-source.ts'

/** Behaviour while Postgres is unavailable. `insurance`: each replica keeps to its share of every limit. */
export type OnError = 'insurance' | 'open' | 'closed'

export interface InsuredPermitsOptions {
  readonly onError: OnError
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly onFault?: (error: unknown) => void
  /** Called when an exchange gets no answer in time. */
  readonly onHung?: () => void
}

/** Limit of an exchange, since requests wait for it; a longer one counts as failed. */
const patienceMs = 1_000
/** Interval between background tries after a failure. */
const tryAgainMs = 1_000

/** PermitGrants of `source`, replaced by the configured fallback while it fails or hangs. */
export function insuredPermits(source: PermitSource, options: InsuredPermitsOptions): PermitSource {
  const { onError, clock, onFault, onHung } = options
  const memory = memoryPermits()
  let replicas = 1
  let isAway = false
  let tryAgainAtMs = 0

  async function asked(asks: readonly PermitRequest[]): Promise<PermitGrants> {
    const over = new AbortController()
    const late = clock.sleep(patienceMs, over.signal).then(() => {
      onHung?.()
      throw new Error(`no permits from Postgres within ${patienceMs} ms`)
    })
    late.catch(() => undefined)
    try {
      const taken = await Promise.race([source.take(asks), late])
      isAway = false
      return taken
    } catch (error) {
      isAway = true
      tryAgainAtMs = clock.now() + tryAgainMs
      throw error
    } finally {
      over.abort()
    }
  }

  async function instead(asks: readonly PermitRequest[]): Promise<PermitGrants> {
    if (onError === 'closed') {
      const words = 'Limits cannot be checked at the moment. Nothing was changed; try again.'
      throw new AppError('registry_unavailable', words, { retryAfterS: 2 })
    }
    if (onError === 'open') {
      return { grants: asks.map(({ want, limit }) => ({ given: want, left: limit })), replicas }
    }
    const shares = asks.map((ask) => ({ ...ask, limit: Math.ceil(ask.limit / replicas) }))
    return { ...(await memory.take(shares)), replicas }
  }

  return {
    async take(asks) {
      if (isAway) {
        if (clock.now() >= tryAgainAtMs) {
          tryAgainAtMs = Number.POSITIVE_INFINITY // one try at a time
          asked([]).catch((error: unknown) => onFault?.(error))
        }
        return instead(asks)
      }
      try {
        const taken = await asked(asks)
        replicas = taken.replicas
        return taken
      } catch (error) {
        onFault?.(error)
        return await instead(asks)
      }
    },
  }
}
